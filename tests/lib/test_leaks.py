"""who_sees_whom finds exactly what the mask allows, and the leaks that no mask shows."""

import pytest
import torch
from torch import nn

from attnlib import masks
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.inspect.leaks import who_sees_whom
from course.translation import pretrained

MASKS = {
    "none": None,
    "causal": masks.Causal(),
    "window": masks.Window(2),
    "prefix": masks.Causal() | masks.Prefix(2),
    "documents": masks.Document(torch.tensor([0, 0, 0, 1, 1, 1])),
    "dilated": masks.Dilated(2, 2),
}


def vectors():
    return torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())
def test_a_layer_sees_what_its_mask_allows(mask):
    layer = MultiHeadAttention(8, 2)
    allowed = torch.ones(6, 6, dtype=torch.bool) if mask is None else mask.dense(6)[0, 0]
    seen = who_sees_whom(lambda x: layer(x, mask=mask), *vectors())
    own = torch.eye(6, dtype=torch.bool)  # x asks its own question, so it always matters
    assert torch.equal(seen, allowed | own)


def test_two_layers_see_what_the_first_ones_saw():
    first, second = MultiHeadAttention(8, 2), MultiHeadAttention(8, 2)
    window = masks.Causal() & masks.Window(2)
    seen = who_sees_whom(lambda x: second(first(x, mask=window), mask=window), *vectors())
    assert torch.equal(seen, (masks.Causal() & masks.Window(3)).dense(6)[0, 0])


def test_the_translator_writes_without_seeing_the_future():
    model = pretrained.load("translation_transformer").model
    source = torch.tensor([[4, 5, 6, 7]])
    target, other = torch.arange(4, 12), torch.arange(20, 28)

    def decode(targets):
        return model.decode(targets, model.encode(source.expand(len(targets), -1)))

    assert not who_sees_whom(decode, target, other).triu(1).any()


def test_a_norm_over_the_whole_sequence_is_found_out():
    layer = MultiHeadAttention(8, 2)
    norm = nn.LayerNorm((6, 8))  # over places too: one number of the future changes all
    seen = who_sees_whom(lambda x: norm(layer(x, mask=masks.Causal())), *vectors())
    assert seen.triu(1).any()


def test_nan_that_spreads_is_found_out():
    x, other = vectors()
    other[3] = torch.nan
    seen = who_sees_whom(lambda x: x + x.cumsum(dim=1), x, other)
    assert torch.equal(seen[:, 3], torch.arange(6) >= 3)


@pytest.mark.parametrize(
    ("x", "other", "message"),
    [
        (torch.zeros(3), torch.zeros(4), "other has axes"),
        (torch.zeros(3, 2), torch.zeros(3), "other has axes"),
        (torch.zeros(3).long(), torch.ones(3), "both be"),
        (torch.zeros(2, 3, 4), torch.ones(2, 3, 4), "both be"),
        (torch.tensor([1, 2, 3]), torch.tensor([4, 2, 5]), r"the same at \[1\]"),
    ],
)
def test_a_change_that_proves_nothing_is_refused(x, other, message):
    with pytest.raises(ValueError, match=message):
        who_sees_whom(lambda x: x[..., None], x, other)
