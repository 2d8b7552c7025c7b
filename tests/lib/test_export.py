"""torch.export of a choice from every family: at any length, or at one where a reason is named."""

from typing import get_args

import pytest
import torch
from torch import Tensor, nn

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
