"""softmax_and_scale: what the view computes at every end of its controls, against attnlib."""

import math
import re

import pytest
import torch

from attnlib import attention
from course.widgets._softmax_and_scale import compare, softmax_and_scale
from course.widgets.random_keys import SIZES, vectors

VIEW = "softmax_and_scale.js"
QUERY, KEYS = vectors()


def inputs(size, temperature, scaled):
    state = {"size": size, "temperature": temperature, "scaled": scaled}
    return state | {"query": QUERY.tolist(), "keys": KEYS.tolist()}


@pytest.mark.parametrize("size", [1, 16, 256])
@pytest.mark.parametrize("temperature", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("scaled", [True, False])
def test_weights_are_attentions(javascript, size, temperature, scaled):
    seen = javascript(VIEW, "compare", inputs(size, temperature, scaled))
    query, key = QUERY[None, None, None, :size], KEYS[None, None, :, :size]
    scale = (size**-0.5 if scaled else 1) / temperature
    expected = attention(query, key, key, scale=scale).weights.flatten()
    torch.testing.assert_close(torch.tensor(seen["weights"]).double(), expected, rtol=0, atol=1e-6)
    assert seen["largest"] == max(seen["weights"])


@pytest.mark.parametrize("size", [1, 16, 256])
@pytest.mark.parametrize("scaled", [True, False])
def test_the_still_picture_shows_what_the_view_shows(javascript, size, scaled):
    seen = javascript(VIEW, "compare", inputs(size, 1.0, scaled))
    scores, weights = compare(QUERY, KEYS, size, 1.0, scaled)
    assert weights == pytest.approx(seen["weights"], abs=1e-9)
    still = softmax_and_scale(size, 1.0, scaled).still
    digits = re.findall(r">(−?[\d.]+)<", still)
    expected = [text for s, w in zip(scores, weights, strict=True) for text in (s, w)]
    assert [float(text.replace("−", "-")) for text in digits] == pytest.approx(expected, abs=6e-3)


def test_without_the_root_the_weights_harden_as_vectors_grow(javascript):
    curves = {
        scaled: javascript(VIEW, "largestBySize", list(SIZES), inputs(1, 1.0, scaled))
        for scaled in (True, False)
    }
    assert curves[False][-1] > 0.98
    assert max(curves[True]) < 0.7


def test_the_sentence_names_size_key_and_entropy(javascript):
    now = inputs(256, 1.0, False)
    sentence = javascript(VIEW, "describe", now, javascript(VIEW, "compare", now))
    _, weights = compare(QUERY, KEYS, 256, 1.0, False)
    best = weights.index(max(weights)) + 1
    assert sentence.startswith("With D = 256, not divided, the scores spread by ±")
    assert f"Key {best} takes {max(weights):.2f} of the attention" in sentence
    assert sentence.endswith(f"of at most {math.log(6):.2f}.")


def test_the_temperature_can_be_left_for_later():
    names = [control.description for control in softmax_and_scale(tempered=False).controls]
    assert names == ["size D", "divide by √D"]


@pytest.mark.parametrize("wrong", [{"size": 3}, {"size": 512}, {"temperature": 0.0}])
def test_a_value_no_slider_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        softmax_and_scale(**wrong)
