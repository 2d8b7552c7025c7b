"""Sinusoidal and learned positions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnlib.positions import sinusoidal
from attnlib.positions.learned import LearnedPositions


def test_the_first_places_in_digits():
    """Size 4: waves of 2π and of 200π tokens; sine and cosine side by side."""
    expected = [
        [0.0000, 1.0000, 0.0000, 1.0000],
        [0.8415, 0.5403, 0.0100, 1.0000],
        [0.9093, -0.4161, 0.0200, 0.9998],
    ]
    torch.testing.assert_close(sinusoidal(3, 4), torch.tensor(expected), rtol=0, atol=6e-5)


@given(
    first=st.integers(0, 5000),
    length=st.integers(0, 5),
    half=st.integers(1, 6),
)
def test_every_number_is_the_papers(first, length, half):
    waves = sinusoidal(length, 2 * half, first=first, dtype=torch.float64)
    assert waves.shape == (length, 2 * half)
    for row in range(length):
        for i in range(half):
            angle = (first + row) / math.pow(10_000, 2 * i / (2 * half))
            assert waves[row, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-9)
            assert waves[row, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-9)


def test_a_later_start_is_a_slice_of_the_whole():
    assert torch.equal(sinusoidal(3, 8, first=4), sinusoidal(7, 8)[4:])


def test_a_shift_is_the_same_rotation_at_every_place():
    """Why the model can attend by distance (section 3.5): PE(p + 3) is a rotation of PE(p)."""
    pairs = torch.view_as_complex(sinusoidal(50, 16, dtype=torch.float64).unflatten(1, (8, 2)))
    turn = pairs[3:] / pairs[:-3]
    torch.testing.assert_close(turn, turn[:1].expand_as(turn))


def test_far_places_are_exact_in_float32():
    far = sinusoidal(1, 8, first=1_000_000)
    exact = sinusoidal(1, 8, first=1_000_000, dtype=torch.float64)
    torch.testing.assert_close(far.double(), exact, rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("length", "size", "message"),
    [
        (3, 5, "size must be even, .* got 5"),
        (3, 0, "size must be even, .* got 0"),
        (-1, 4, "length must be 0 or more, got -1"),
    ],
)
def test_impossible_sinusoids_are_refused(length, size, message):
    with pytest.raises(ValueError, match=message):
        sinusoidal(length, size)


def test_learned_positions_add_the_row_of_each_place():
    positions = LearnedPositions(longest=6, size=2)
    x = torch.randn(3, 4, 2)
    added = positions(x, first=2) - x
    torch.testing.assert_close(added, positions.table[2:6].expand(3, 4, 2))


def test_learned_positions_are_learned():
    positions = LearnedPositions(longest=4, size=2)
    positions(torch.randn(3, 2, 2), first=1).sum().backward()
    assert positions.table.grad.tolist() == [[0, 0], [3, 3], [3, 3], [0, 0]]


@pytest.mark.parametrize(
    ("shape", "first", "message"),
    [
        ((1, 7, 2), 0, "x reaches place 7, but the table ends at 6"),
        ((1, 3, 2), 4, "x reaches place 7, but the table ends at 6"),
        ((1, 3, 2), -1, "first must be 0 or more, got -1"),
        ((1, 3, 1), 0, r"x must have the axes \(B, T, 2\), got \(1, 3, 1\)"),
        ((3, 2), 0, r"x must have the axes \(B, T, E\), got \(3, 2\)"),
    ],
)
def test_places_without_a_row_are_refused(shape, first, message):
    with pytest.raises(ValueError, match=message):
        LearnedPositions(longest=6, size=2)(torch.zeros(shape), first=first)
