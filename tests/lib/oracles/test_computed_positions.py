"""Positions computed from the tokens, held against the papers' formulas pair by pair."""

import math

import pytest
import torch

from attnlib import attention, masks
from attnlib.positions.contextual import ContextualPositions
from attnlib.positions.householder import HouseholderSteps, householder_bias
from oracles.agreement import EXACT, IMPLS, assert_agree, normal

LENGTHS = [(6, 6), (2, 6), (1, 1)]


def causal_sum(scores, value):
    """softmax and weighted sum, a row at a time; scores[i] holds those of the keys up to i."""
    rows = []
    for row in scores:
        seen = torch.stack(row, dim=-1)  # (B, H, keys up to i)
        rows.append((seen.softmax(-1)[..., None] * value[:, :, : len(row)]).sum(2))
    return torch.stack(rows, dim=2)


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize("longest", [2, 9])
@pytest.mark.parametrize(("query_length", "key_length"), LENGTHS)
def test_contextual_positions_count_gate_by_gate(query_length, key_length, longest, impl):
    query = normal(2, 4, query_length, 3)
    key, value = normal(2, 2, key_length, 3, seed=1), normal(2, 2, key_length, 5, seed=2)
    positions = ContextualPositions(3, longest=longest).double()
    positions.table.data = normal(longest + 1, 3, seed=3).detach()
    keys = key.repeat_interleave(2, dim=1)

    scores = []
    for i in range(query_length):
        place, q = i + key_length - query_length, query[:, :, i]
        plain = [(q * keys[:, :, j]).sum(-1) / math.sqrt(3) for j in range(place + 1)]
        row = []
        for j in range(place + 1):
            count = sum(torch.sigmoid(plain[t]) for t in range(j, place + 1)).clamp(max=longest)
            low = count.floor()
            part = (count - low)[..., None]
            high = (low + 1).clamp(max=longest)
            vector = (1 - part) * positions.table[low.long()] + part * positions.table[high.long()]
            row.append(plain[j] + (q * vector).sum(-1))
        scores.append(row)
    expected = causal_sum(scores, value.repeat_interleave(2, dim=1))

    bias = positions(query, key)
    seen = attention(query, key, value, mask=masks.Causal(), bias=bias, impl=impl)
    assert_agree(seen.output, expected, (query, key, value, positions.table))


def test_contextual_positions_with_open_gates_are_distances():
    """Scores of +100 count every token: the place of key j is i − j + 1."""
    query, key = torch.full((1, 1, 4, 1), 10.0), torch.full((1, 1, 4, 1), 10.0)
    places = ContextualPositions(1, longest=3).places(query, key)[0, 0]
    assert places.tolist() == [[1, 0, 0, 0], [2, 1, 0, 0], [3, 2, 1, 0], [3, 3, 2, 1]]


def test_contextual_positions_do_not_count_what_the_mask_hides():
    query, key = torch.full((1, 1, 4, 1), 10.0), torch.full((1, 1, 4, 1), 10.0)
    key[:, :, 3:] = torch.nan
    padded = masks.Padding(torch.tensor([3]))
    places = ContextualPositions(1, longest=3).places(query, key, mask=padded)[0, 0]
    assert places.tolist() == [[1, 0, 0, 0], [2, 1, 0, 0], [3, 2, 1, 0], [3, 2, 1, 0]]


@pytest.mark.parametrize("impl", IMPLS)
@pytest.mark.parametrize(("query_length", "key_length"), LENGTHS)
def test_householder_path_is_the_product_of_its_steps(query_length, key_length, impl):
    query = normal(2, 3, query_length, 4)
    key, value = normal(2, 3, key_length, 4, seed=1), normal(2, 3, key_length, 5, seed=2)
    directions, strengths = normal(2, 3, key_length, 4, seed=3), normal(2, 3, key_length, seed=4)
    unit = torch.eye(4, dtype=torch.float64)

    scores = []
    for i in range(query_length):
        place, row = i + key_length - query_length, []
        for j in range(place + 1):
            path = unit
            for t in range(j + 1, place + 1):
                w, beta = directions[:, :, t], strengths[:, :, t, None, None]
                path = path @ (unit - beta * w[..., :, None] * w[..., None, :])
            row.append(
                torch.einsum(
                    "bhd,bhde,bhe->bh", key[:, :, j], path.expand(2, 3, 4, 4), query[:, :, i]
                )
                / 2
            )
        scores.append(row)
    inputs = (query, key, value, directions, strengths)
    bias = householder_bias(query, key, directions, strengths)
    seen = attention(query, key, value, mask=masks.Causal(), bias=bias, impl=impl)
    expected = causal_sum(scores, value)
    if query_length == 1:
        torch.testing.assert_close(seen.output, expected, **EXACT)
    else:
        assert_agree(seen.output, expected, inputs)


def test_a_reflection_by_hand():
    """β = 2 and w = (1, 0) at the second token turn its query's first number around."""
    query = torch.tensor([[1.0, 0.0], [3.0, 5.0]], dtype=torch.float64)[None, None]
    key = torch.tensor([[7.0, 11.0], [2.0, 4.0]], dtype=torch.float64)[None, None]
    directions = torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)[None, None]
    strengths = torch.full((1, 1, 2), 2.0, dtype=torch.float64)
    bias = householder_bias(query, key, directions, strengths)
    scores = (query @ key.mT / math.sqrt(2) + bias)[0, 0] * math.sqrt(2)
    assert scores[1, 0].item() == pytest.approx(-3 * 7 + 5 * 11)
    assert scores[1, 1].item() == pytest.approx(3 * 2 + 5 * 4)  # no step lies between


def test_steps_have_length_1_and_strength_up_to_2_and_look_back_only():
    steps, x = HouseholderSteps(6, heads=2, head_size=4).double(), normal(2, 5, 6).detach()
    directions, strengths = steps(x)
    assert directions.shape == (2, 2, 5, 4)
    torch.testing.assert_close(directions.norm(dim=-1), torch.ones(2, 2, 5).double(), **EXACT)
    assert (strengths > 0).all() and (strengths < 2).all()
    torch.nn.init.constant_(steps.strength.bias, 100.0)
    assert (steps(x)[1] == 2).all()  # as far as the sigmoid goes
    x[:, 3:] = 0.0
    after, _ = steps(x)
    assert torch.equal(after[:, :, :3], directions[:, :, :3])


STATES = torch.zeros(2, 2, 3, 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ContextualPositions(4, longest=0), "longest must be at least 1, got 0"),
        (
            lambda: ContextualPositions(3, longest=2)(STATES, STATES),
            "query has size 4, but the table",
        ),
        (
            lambda: householder_bias(STATES, STATES, STATES[:, :1], STATES[..., 0]),
            "directions has 1 heads, but query has 2",
        ),
        (
            lambda: householder_bias(STATES, STATES, STATES, STATES),
            r"strengths must have the axes \(B, H, Tk\)",
        ),
        (
            lambda: householder_bias(STATES, STATES[:, :1], STATES[:, :1], STATES[:, :1, :, 0]),
            "key has 1 heads, but query has 2",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
