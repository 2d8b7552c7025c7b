"""few_bits: what comes back of each number, against rounding in torch and attnlib's own cache."""

import pytest
import torch

from attnlib.caches import QuantizedKVCache
from course.widgets._few_bits import KEY, LARGE, back, exact, few_bits

VIEW = "few_bits.js"
NUMBERS = list(KEY)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("size", [1.0, 4.5, 11.0])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_what_comes_back_is_what_torch_rounds_to(javascript, bits, size, per_channel):
    found = javascript(VIEW, "back", NUMBERS, LARGE, size, bits, per_channel)
    assert found == pytest.approx(back(bits, size, per_channel).tolist())


def test_in_eight_bits_it_is_attnlibs_cache():
    key = exact(11.0)[None, None, None]
    kept, _ = QuantizedKVCache().update(key, key)
    assert torch.allclose(kept.flatten(), back(8, 11.0, False))


@pytest.mark.parametrize("per_channel", [False, True])
def test_no_number_is_off_by_more_than_half_a_scale(javascript, per_channel):
    for bits in range(2, 9):
        scales = javascript(VIEW, "scales", NUMBERS, LARGE, 11.0, bits, per_channel)
        error = (exact(11.0) - back(bits, 11.0, per_channel)).abs()
        assert (error <= torch.tensor(scales).double() / 2 + 1e-12).all()


def test_the_sentence_says_what_a_large_channel_does_to_the_others(javascript):
    def said(size, per_channel):
        return javascript(VIEW, "describe", NUMBERS, LARGE, size, 4, per_channel)

    assert "The scale of the seven other channels is 1.57" in said(11.0, False)
    assert "5 of them come back as 0." in said(11.0, False)
    assert "channels is 0.14" in said(11.0, True)
    assert "0 of them come back as 0." in said(11.0, True)


def test_the_still_picture_shows_each_number():
    for number in exact(11.0).tolist():
        assert f">{number:.2f}<".replace("-", "−") in few_bits().still


@pytest.mark.parametrize("wrong", [{"bits": 1}, {"bits": 9}, {"size": 0.5}])
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        few_bits(**wrong)
