"""Projections that others have wrapped: a LoRA around them, or a quantized one in their place."""

import pytest
import torch
from public_cases import CASES
from public_cases.case import call, valid
from public_cases.spoiling import tensors_in
from torch import nn

from attnlib.heads import LatentAttention, MultiHeadAttention
from attnlib.inspect.ablation import head_counts, heads_off
from attnlib.inspect.recording import record_attention


class LoRA(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.up, self.down = nn.Linear(2, base.out_features), nn.Linear(base.in_features, 2)
        self.base = base

    def forward(self, x):
        return self.base(x) + self.up(self.down(x))


def around_nothing(base):
    lora = LoRA(base)
    for parameter in lora.up.parameters():
        nn.init.zeros_(parameter)
    return lora


def wrapped(module, wrap=around_nothing):
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear):
                setattr(parent, name, wrap(child))
    return module


def projecting(name, case):
    """The module of a case, when it has a projection."""
    function = call(name, case) if case.build else None
    module = getattr(function, "__self__", function)
    return isinstance(module, nn.Module) and any(
        isinstance(part, nn.Linear) for part in module.modules()
    )


PROJECTING = {name: case for name, case in CASES.items() if projecting(name, case)}
every = pytest.mark.parametrize(("name", "case"), PROJECTING.items(), ids=PROJECTING)


def computed(name, case, wrap):
    """The case's outputs, its projections wrapped; parameters are drawn from one seed."""
    torch.manual_seed(0)
    module = case.build().eval()
    method = name.partition(",")[0].rpartition(".")[2]
    module = wrap(module)
    function = module if method == type(module).__name__ else getattr(module, method)
    torch.manual_seed(1)
    return tensors_in(function(**valid(name, case)))


@every
def test_a_lora_that_adds_nothing_changes_nothing(name, case):
    expected = computed(name, case, lambda module: module)
    for ours, theirs in zip(computed(name, case, wrapped), expected, strict=True):
        torch.testing.assert_close(ours, theirs)


@every
@pytest.mark.filterwarnings("ignore")  # of what PyTorch says of its quantization
def test_quantized_projections_take_the_place_of_plain_ones(name, case):
    for tensor in computed(
        name, case, lambda module: torch.ao.quantization.quantize_dynamic(module, {nn.Linear})
    ):
        assert tensor.isfinite().all()


def test_the_absorbed_form_reads_the_matrices_of_wrapped_projections():
    torch.manual_seed(0)
    sizes = {"head_size": 4, "latent_size": 6, "rotary_size": 2}
    layer = LatentAttention(16, 2, **sizes).double()
    for name in ("up_key", "up_value"):
        base = getattr(layer, name)
        lora = LoRA(base).double()
        lora.up.bias = lora.down.bias = None  # absorbed, a projection is a matrix alone
        setattr(layer, name, lora)
    x = torch.randn(1, 5, 16, dtype=torch.float64)
    expanded = layer(x)
    layer.absorbed = True
    torch.testing.assert_close(layer(x), expanded)


def test_heads_are_found_and_recorded_in_wrapped_layers():
    layer = wrapped(MultiHeadAttention(16, 4))
    assert head_counts(layer) == {"": 4}
    x = torch.randn(1, 3, 16)
    with record_attention(layer) as maps, heads_off(layer, {"": range(4)}):
        output = layer(x)
    torch.testing.assert_close(output, layer.output.base.bias.expand(1, 3, 16))
    assert maps[""].weights.shape == (1, 4, 3, 3)


def test_what_is_wrapped_still_must_be_a_sequence():
    layer = wrapped(MultiHeadAttention(16, 4))
    with pytest.raises(ValueError, match=r"x must have the axes \(B, Tq, E\)"):
        layer(torch.randn(3, 16))
