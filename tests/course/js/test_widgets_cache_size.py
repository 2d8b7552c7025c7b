"""cache_size: the bars are the formula, and the formula is what real caches hold."""

import itertools

import pytest
import torch

from attnlib import MultiHeadAttention
from attnlib.caches import KVCache
from course.widgets._cache_size import OPTIONS, SIZE, cache_size, sizes

VIEW = "cache_size.js"
ENDS = [(options[0], options[len(options) // 2], options[-1]) for options in OPTIONS.values()]


@pytest.mark.parametrize("chosen", list(itertools.product(*ENDS)))
def test_the_sizes_are_the_formulas(javascript, chosen):
    state = dict(zip(OPTIONS, chosen, strict=True))
    drawn = javascript(VIEW, "sizes", state, cache_size().view.constants)
    assert drawn == pytest.approx(sizes(**state))


@pytest.mark.parametrize(("key_heads", "way"), [(8, "MHA"), (2, "GQA"), (1, "MQA")])
def test_a_real_cache_holds_as_much(key_heads, way):
    layer = MultiHeadAttention(8 * SIZE, 8, key_heads=key_heads)
    cache = KVCache()
    with torch.no_grad():
        layer.project(torch.randn(1, 3, 8 * SIZE), cache=cache)
        _, key, value = layer.project(torch.randn(1, 1, 8 * SIZE), cache=cache)
    held = 2 * (key.numel() + value.numel()) / 2**30  # 16 bits per number
    assert held == pytest.approx(sizes(1, 8, 2, 4)[way])


def test_the_sentence_says_what_fits(javascript):
    state = {"layers": 32, "heads": 32, "key_heads": 8, "tokens": 32768}
    assert javascript(VIEW, "describe", state, sizes(**state)) == (
        "One text of 32,768 tokens, 32 layers, 32 query heads: with a key head for each, 16 GiB, "
        "which fits into 80 GiB. With 8 key heads it is 4 GiB. The card would hold 20 such texts."
    )


@pytest.mark.parametrize(
    ("key_heads", "tokens", "told"),
    [
        (1, 32768, "With 1 key head it is 512 MiB. The card would hold 160 such texts."),
        (8, 524288, "With 8 key heads it is 64 GiB. The card would hold one such text."),
    ],
)
def test_one_is_told_as_one(javascript, key_heads, tokens, told):
    state = {"layers": 32, "heads": 32, "key_heads": key_heads, "tokens": tokens}
    assert javascript(VIEW, "describe", state, sizes(**state)).endswith(told)


def test_small_sizes_are_told_in_mebibytes(javascript):
    assert javascript(VIEW, "readable", 0.25) == "256 MiB"


@pytest.mark.parametrize("name", OPTIONS)
def test_what_no_control_offers_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        cache_size(**{name: 3})
