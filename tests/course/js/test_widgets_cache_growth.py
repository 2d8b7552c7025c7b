"""cache_growth: what is drawn and said, against the sizes of real caches."""

import pytest
import torch

from attnlib.caches import KVCache
from attnlib.models.llama import Llama
from course.widgets._cache_growth import (
    HEADS,
    KEY_HEADS,
    LAYERS,
    SIZE,
    WAYS,
    cache_growth,
    held,
    kept,
    megabytes,
)

VIEW = "cache_growth.js"
SIZES = cache_growth().view.sizes


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("tokens", [0, 2048, 8192])
@pytest.mark.parametrize("way", WAYS)
def test_the_bytes_are_those_that_python_counts(javascript, way, tokens, windows):
    bytes_ = javascript(VIEW, "total", way, tokens, windows, SIZES)
    assert bytes_ / 1e6 == pytest.approx(megabytes(way, tokens, windows))


@pytest.mark.parametrize("way", WAYS)
def test_the_pieces_of_a_layer_are_as_wide_as_what_it_keeps(javascript, way):
    pieces = javascript(VIEW, "pieces", way, SIZES)
    assert sum(piece["numbers"] for piece in pieces) == kept(way)


def test_a_real_cache_of_these_sizes_holds_as_many_numbers():
    sizes = {"size": HEADS * SIZE, "heads": HEADS, "key_heads": KEY_HEADS, "hidden": 8}
    model = Llama(5, layers=2, **sizes).eval()
    caches = [KVCache() for _ in model.layers]
    with torch.no_grad():
        model(torch.zeros(1, 7, dtype=torch.long), caches=caches)
        nothing = torch.zeros(1, KEY_HEADS, 0, SIZE)
        numbers = sum(part.numel() for part in caches[0].update(nothing, nothing))
    assert numbers == 7 * kept("GQA")


def test_with_windows_one_layer_of_six_keeps_everything(javascript):
    rows = [javascript(VIEW, "held", layer, 5000, True, SIZES) for layer in range(LAYERS)]
    assert rows == [held(layer, 5000, True) for layer in range(LAYERS)]
    assert rows[:6] == [1024] * 5 + [5000]


def test_the_sentence_says_what_is_kept_and_how_much(javascript):
    said = javascript(VIEW, "describe", "GQA", 2048, False, SIZES)
    assert said.startswith("After 2,048 tokens, 30 layers with 3 key heads and 3 value heads each ")
    assert "keep 47.2 MB, 33 % of MHA's. The weights are 269.0 MB" in said
    said = javascript(VIEW, "describe", "MLA", 0, False, SIZES)
    assert "one latent of 256 numbers and a key of 32 each keep 0.0 MB. The" in said


def test_the_still_picture_shows_every_way():
    still = cache_growth().still
    for way in WAYS:
        assert f">{megabytes(way, 2048, False):.1f}<" in still


@pytest.mark.parametrize("wrong", [{"tokens": -1}, {"tokens": 8193}, {"way": "GQB"}])
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got '?{value}"):
        cache_growth(**wrong)
