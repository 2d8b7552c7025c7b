"""alternatives: what the view computes at every end of its controls, against attnlib."""

import re

import pytest
import torch

from attnlib import attention
from course.widgets._alternatives import WAYS, alternatives, compare
from course.widgets.random_keys import vectors

VIEW = "alternatives.js"
QUERY, KEYS = vectors()


def seen_at(javascript, size, temperature, scaled):
    state = {"size": size, "temperature": temperature, "scaled": scaled}
    return javascript(
        VIEW, "alternatives", state | {"query": QUERY.tolist(), "keys": KEYS.tolist()}
    )


@pytest.mark.parametrize("size", [1, 16, 256])
@pytest.mark.parametrize("temperature", [0.1, 0.5, 10.0])
@pytest.mark.parametrize("scaled", [True, False])
def test_every_way_is_attentions(javascript, size, temperature, scaled):
    query, key = QUERY[None, None, None, :size], KEYS[None, None, :, :size]
    scale = (size**-0.5 if scaled else 1) / temperature
    ways = seen_at(javascript, size, temperature, scaled)["ways"]
    assert [way["name"] for way in ways] == list(WAYS)
    for way in ways:
        expected = attention(query, key, key, scale=scale, normalize=WAYS[way["name"]]).weights
        said = torch.tensor(way["weights"], dtype=torch.float64)
        torch.testing.assert_close(said, expected.flatten(), rtol=0, atol=1e-6)
        assert way["sum"] == pytest.approx(float(expected.sum()), abs=1e-6)
        assert way["zeros"] == int((expected == 0).sum())


def test_the_sentence_counts_zeros_and_sums(javascript):
    sentence = javascript(VIEW, "describe", seen_at(javascript, 16, 0.5, True))
    assert "softmax: sum 1.00, no zeros" in sentence
    assert "hard: sum 1.00, 5 exactly zero" in sentence


def test_the_still_picture_shows_the_weights():
    weights = compare(QUERY, KEYS, 16, 1.0, True)
    numbers = [float(number) for number in re.findall(r">(\d\.\d\d)<", alternatives().still)]
    assert numbers == pytest.approx([w for row in weights.values() for w in row], abs=6e-3)


@pytest.mark.parametrize("wrong", [{"size": 3}, {"size": 512}, {"temperature": 0.0}])
def test_a_value_no_slider_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        alternatives(**wrong)
