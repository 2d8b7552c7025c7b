"""torch.export of a choice from every family: at any length, or at one where a reason is named;
and of layers and models, for any batch."""

from functools import partial
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from attnlib import graphs, heads, masks, positions, retrieval, sets, vision
from attnlib.models.bert import Bert
from attnlib.models.gpt import GPT
from attnlib.models.llama import Llama
from attnlib.models.transformer import Transformer
from attnlib.models.vit import ViT
from attnlib.positions.rotary import rotate
from attnlib.sparse import native
from course.catalogue import CATALOGUE, example_inputs, output_of, run
from course.catalogue.entry import Family

NAMED = {entry.name: entry for entry in CATALOGUE}
LENGTH = 6
ANY_LENGTH = [
    "Dot product",
    "Additive",
    "Sparsemax",
    "Multi-head self-attention",
    "Grouped-query attention",
    "Learned sink",
    "Causal mask",
    "Sliding window",
    "Sinusoidal positions",
    "Disentangled positions (DeBERTa)",
    "Linear attention",
    "Full cosFormer",
    "DeepSeek sparse attention (DSA)",
    "Set attention (SAB)",
]
LOOP = "a loop in Python is unrolled, and how often it turns depends on the length"
ONE_LENGTH = {
    "Sigmoid": "its bias, the logarithm of the number of keys, is a number and no tensor",
    "Online softmax": LOOP,
    "FlashAttention": LOOP,
    "Split-KV decoding (Flash-Decoding)": LOOP,
    "Retention": LOOP,
    "Gated DeltaNet": LOOP,
    "Mixture of block attention (MoBA)": "another length may fill its last block or not",
    "Linformer": "its projections are learned for one length",
    "Nyströmformer": "the example chooses its landmarks by the length",
    "Shifted windows (Swin)": "an image has one size",
    "Squeeze and excitation": "an image has one size",
}


class Example(nn.Module):
    """An entry's example, or the module that it calls first, as something to export."""

    def __init__(self, entry, states):
        super().__init__()
        self.module, arguments, self.options = first_call(entry, states)
        self.example = entry.example
        self.states = tuple(x for x in arguments if isinstance(x, Tensor))
        self.rest = arguments[len(self.states) :]

    def forward(self, *states):
        if self.module is None:
            return output_of(self.example(*states))
        return output_of(self.module(*states, *self.rest, **self.options))


def first_call(entry, states):
    """The first module that the example calls, with its arguments; no export may make one."""
    calls, plain = [], nn.Module.__call__

    def note(module, *arguments, **options):
        calls.append((module, arguments, options))
        return plain(module, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.Module, "__call__", note)
        run(entry.example, *states)
    return calls[0] if calls else (None, states, {})


def other_length(states, length):
    """The same states, cut off or begun anew where they have the length of a sequence."""
    places = torch.arange(length) % LENGTH
    for axis in range(states.dim()):
        if states.shape[axis] == LENGTH:
            states = states.index_select(axis, places)
    return states


def test_every_family_has_an_exported_type():
    exported = {NAMED[name].family for name in [*ANY_LENGTH, *ONE_LENGTH]}
    assert exported == set(get_args(Family))


@pytest.mark.parametrize("name", ANY_LENGTH)
def test_it_is_exported_for_any_length(name):
    example = Example(NAMED[name], example_inputs(NAMED[name], length=LENGTH))
    length = torch.export.Dim("length", min=4, max=64)
    shapes = tuple(
        {axis: length for axis, size in enumerate(states.shape) if size == LENGTH}
        for states in example.states
    )
    program = torch.export.export(example, example.states, dynamic_shapes=(shapes,)).module()
    for tokens in (4, LENGTH, 11):
        states = [other_length(states, tokens) for states in example.states]
        torch.testing.assert_close(program(*states), example(*states))


@pytest.mark.parametrize("name", ONE_LENGTH, ids=lambda name: f"{name}: {ONE_LENGTH[name]}")
def test_it_is_exported_for_one_length_because(name):
    example = Example(NAMED[name], example_inputs(NAMED[name], length=LENGTH))
    program = torch.export.export(example, example.states).module()
    fresh = [states.flip(-1) for states in example.states]
    torch.testing.assert_close(program(*fresh), example(*fresh))


class Masked(nn.Module):
    def __init__(self, layer, mask):
        super().__init__()
        self.layer, self.mask = layer, mask

    def forward(self, x):
        return self.layer(x, mask=self.mask)


class Edges(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x, torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril())


TURN = partial(rotate, pairing="half")
LAYERS = {
    "multi-head": heads.MultiHeadAttention(16, 4, key_heads=2),
    "turned": heads.MultiHeadAttention(16, 4, turn=TURN),
    "gated": heads.GatedAttention(16, 4),
    "differential": heads.DifferentialAttention(16, 2),
    "forgetting": heads.ForgettingAttention(16, 4),
    "selective": heads.SelectiveAttention(16, 4),
    "multi-token": heads.MultiTokenAttention(16, 4, queries=2, keys=3),
    "latent": heads.LatentAttention(16, 4, head_size=4, latent_size=6, rotary_size=2),
}
MECHANISMS = {
    "set": (sets.SetAttention(16, 4), ("x",)),
    "induced set": (sets.InducedSetAttention(16, 4, points=3), ("x",)),
    "pooling": (sets.AttentionPooling(16, 4, seeds=2), ("x",)),
    "latent queries": (retrieval.LatentQueries(16, 4, latents=3), ("x",)),
    "slots": (retrieval.SlotAttention(16, slots=3), ("x", "slots")),
    "native": (
        native.NativeSparseAttention(16, 4, length=2, stride=1, block=2, count=3, window=2),
        ("x",),
    ),
    "graph": (Edges(graphs.GraphAttention(16, 4, head_size=4)), ("x",)),
    "dynamic graph": (Edges(graphs.DynamicGraphAttention(16, 4, head_size=4)), ("x",)),
    "learned positions": (positions.LearnedPositions(16, longest=8), ("x",)),
    "patches": (vision.PatchEmbedding(16, channels=1, patch=4, patches=4), ("pictures",)),
    "windows": (vision.WindowAttention(4, 2, window=4, shift=2), ("maps",)),
    "axial": (vision.AxialAttention(4, 2), ("maps",)),
    "squeeze": (vision.SqueezeExcitation(4, reduction=2), ("maps",)),
    "efficient channels": (vision.EfficientChannelAttention(4), ("maps",)),
    "CBAM": (vision.ConvolutionalBlockAttention(4, reduction=2), ("maps",)),
}
SIZES = {"size": 16, "heads": 4, "layers": 1, "hidden": 8}
MODELS = {
    "registers": (heads.Registers(heads.MultiHeadAttention(16, 4), 16, count=2), ("x",)),
    "GPT": (GPT(11, **SIZES), ("words",)),
    "Llama": (Llama(11, **SIZES), ("words",)),
    "BERT": (Bert(11, **SIZES), ("words", "lengths")),
    "ViT": (ViT(3, side=8, patch=4, channels=1, **SIZES), ("pictures",)),
    "Transformer": (Transformer(11, 13, **SIZES), ("words", "lengths", "words")),
}
MAKE = {
    "x": lambda batch: torch.randn(batch, LENGTH, 16),
    "words": lambda batch: torch.randint(11, (batch, LENGTH)),
    "lengths": lambda batch: torch.full((batch,), 4),
    "slots": lambda batch: torch.randn(batch, 3, 16),
    "maps": lambda batch: torch.randn(batch, 4, 8, 8),
    "pictures": lambda batch: torch.randn(batch, 1, 8, 8),
}


def check_any_batch(module, names):
    batch = torch.export.Dim("batch", min=2, max=64)
    states = tuple(MAKE[name](3) for name in names)
    shapes = tuple({0: batch} for _ in states)
    program = torch.export.export(module, states, dynamic_shapes=shapes).module()
    for count in (2, 3, 5):
        states = [MAKE[name](count) for name in names]
        torch.testing.assert_close(program(*states), module(*states))


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_layer_is_exported_for_any_batch(layer):
    check_any_batch(Masked(layer, masks.Causal() & masks.Window(3)), ("x",))


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_mechanism_is_exported_for_any_batch(name):
    module, states = MECHANISMS[name]
    check_any_batch(module, states)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_exported_for_any_batch(name):
    model, states = MODELS[name]
    check_any_batch(model.eval(), states)
