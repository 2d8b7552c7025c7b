"""Switching heads off: what is zero, what comes back, and what is refused."""

from copy import deepcopy

import pytest
import torch
from public_cases import CASES
from public_cases.case import valid
from torch import nn

from attnlib.heads.differential import DifferentialAttention
from attnlib.heads.forgetting import ForgettingAttention
from attnlib.heads.gated import GatedAttention
from attnlib.heads.latent import LatentAttention
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.inspect.ablation import head_counts, heads_off
from attnlib.inspect.recording import record_attention
from attnlib.models.transformer import Transformer
from attnlib.sparse.native import NativeSparseAttention


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Transformer(11, 13, size=16, heads=4, layers=2, hidden=8).double().eval()


@pytest.fixture
def told():
    return torch.tensor([[4, 5, 6, 7], [8, 9, 0, 0]]), torch.tensor([4, 2]), torch.ones(2, 3).long()


@pytest.mark.parametrize(
    ("layer", "heads"),
    [
        ("encoder.0.self_attention", [0]),
        ("decoder.0.self_attention", [3]),
        ("decoder.1.cross_attention", [1, 2]),
    ],
)
def test_switching_off_equals_zeroing_the_columns_of_the_output_matrix(model, told, layer, heads):
    with heads_off(model, {layer: heads}):
        silent = model(*told)
    intact = model(*told)
    with torch.no_grad():
        for head in heads:
            model.get_submodule(layer).output.weight[:, 4 * head : 4 * (head + 1)] = 0
    torch.testing.assert_close(silent, model(*told), rtol=0, atol=1e-12)
    assert not torch.allclose(silent, intact)


LAYERS = [
    DifferentialAttention(16, 2),
    ForgettingAttention(16, 4),
    GatedAttention(16, 4),
    LatentAttention(16, 4, head_size=4, latent_size=6, rotary_size=2),
    NativeSparseAttention(16, 4, length=2, stride=1, block=2, count=3, window=2),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_a_head_of_every_kind_of_layer_is_all_of_its_columns(layer):
    layer.double()
    x = torch.randn(1, 6, 16, dtype=torch.float64)
    (count,) = head_counts(layer).values()
    assert count == layer.heads
    with heads_off(layer, {"": [1]}):
        silent = layer(x)
    size = 16 // count
    with torch.no_grad():
        layer.output.weight[:, size : 2 * size] = 0
    torch.testing.assert_close(silent, layer(x))


WITH_HEADS = {
    name: case
    for name, case in CASES.items()
    if case.build is not None
    and isinstance(layer := case.build(), nn.Module)
    and any(hasattr(part, "heads") for part in layer.modules())
    and type(layer).__name__ == name.partition(",")[0].rpartition(".")[2]
}
HEADS_APART = {
    "heads of a score, a normalizer or positions, which the layer around them sets side by side": (
        "normalizers.TalkingHeads",
        "positions.DisentangledPositions",
        "positions.HouseholderSteps",
    ),
    "it selects with its heads, which bring nothing": (
        "sparse.lightning.LightningIndexer",
        "sparse.mean_blocks.MeanBlockIndexer",
        "sparse.reuse.ReusedIndex",
    ),
}


@pytest.mark.parametrize(("name", "case"), WITH_HEADS.items(), ids=WITH_HEADS)
def test_every_head_of_everything_can_be_switched_off(name, case):
    """Each by itself takes what all together take: they add up in the matrix that joins them."""
    layer = deepcopy(case.build()).double().eval()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.5)
    counts = head_counts(layer)
    apart = any(name in names for names in HEADS_APART.values())
    assert bool(counts) != apart

    for place, count in counts.items():
        inside = layer.get_submodule(place)
        intact, none, *singly = (
            joined(layer, inside, place, off, valid(name, case, torch.float64))
            for off in ([], range(count), *([head] for head in range(count)))
        )
        assert all(not torch.equal(one, intact) for one in singly)
        torch.testing.assert_close(sum(intact - one for one in singly), intact - none)


def joined(layer, inside, place, off, inputs):
    """What one layer of a model joins its heads to, some of them switched off."""
    seen = []
    with heads_off(layer, {place: off}):
        handle = getattr(inside, "output", inside).register_forward_hook(
            lambda module, inputs, output: seen.append(output)
        )
        layer(**inputs)
        handle.remove()
    return seen[0]


ATTENDING = {name: case for name, case in WITH_HEADS.items() if head_counts(case.build())}
WITHOUT_A_MAP = ("vision.DeformableAttention",)  # `pixel_weights` writes its weights out


@pytest.mark.parametrize(("name", "case"), ATTENDING.items(), ids=ATTENDING)
def test_every_layer_with_heads_is_recorded(name, case):
    layer = case.build().eval()
    if name in WITHOUT_A_MAP:
        pytest.skip("it has no keys in common to draw a map over")
    with record_attention(layer) as maps:
        layer(**valid(name, case))
    for place in head_counts(layer):
        held = [maps[key] for key in maps if key == place or f"{place}." in f"{key}." or not place]
        assert held
        assert all(seen.weights.shape[1] % layer.get_submodule(place).heads == 0 for seen in held)


def test_with_all_heads_off_only_the_bias_of_the_output_is_left():
    torch.manual_seed(0)
    layer = MultiHeadAttention(8, 2).double()
    with heads_off(layer, {"": [0, 1]}):
        output = layer(torch.randn(1, 3, 8, dtype=torch.float64))
    torch.testing.assert_close(output, layer.output.bias.expand(1, 3, 8))


def test_outside_the_block_nothing_has_changed(model, told):
    before = model(*told)
    with heads_off(model, {name: range(4) for name in head_counts(model)}):
        model(*told)
    assert torch.equal(model(*told), before)


def test_an_error_inside_the_block_leaves_the_model_whole(model, told):
    before = model(*told)
    with pytest.raises(KeyError), heads_off(model, {"encoder.0.self_attention": [0]}):
        raise KeyError
    assert torch.equal(model(*told), before)


def test_blocks_inside_one_another_add_up(model, told):
    with (
        heads_off(model, {"decoder.0.cross_attention": [0]}),
        heads_off(model, {"decoder.0.cross_attention": [2]}),
    ):
        nested = model(*told)
    with heads_off(model, {"decoder.0.cross_attention": [0, 2]}):
        assert torch.equal(model(*told), nested)


def test_a_switched_off_head_learns_nothing(model, told):
    with heads_off(model, {"encoder.0.self_attention": [1]}):
        model(*told).sum().backward()
    gradient = model.get_submodule("encoder.0.self_attention").value.weight.grad
    assert gradient[4:8].abs().max() == 0
    assert gradient[:4].abs().max() > 0


def test_heads_are_counted_by_layer(model):
    assert head_counts(model) == {
        f"{stack}.{layer}.{kind}_attention": 4
        for stack, kinds in (("encoder", ["self"]), ("decoder", ["self", "cross"]))
        for layer in range(2)
        for kind in kinds
    }


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (
            {"decoder.2.cross_attention": [0]},
            r"the layer 'decoder.2.cross_attention'; .* are encoder.0.self_attention, ",
        ),
        (
            {"decoder.1.cross_attention": [4]},
            r"head 4 of 'decoder.1.cross_attention', which has heads 0 to 3",
        ),
        ({"decoder.1.cross_attention": [-1]}, r"head -1 of 'decoder.1.cross_attention'"),
    ],
)
def test_what_is_not_there_is_refused(model, off, words):
    with pytest.raises(ValueError, match=words), heads_off(model, off):
        pass


def test_a_model_without_heads_says_so():
    with (
        pytest.raises(ValueError, match="attention layers are none"),
        heads_off(nn.Linear(1, 1), {"x": [0]}),
    ):
        pass
