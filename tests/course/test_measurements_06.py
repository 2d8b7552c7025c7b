"""Chapter 06's stored shares are of whole sentences, and name what costs translations."""

import pytest

from course.data.translation import load
from course.measurements import stored
from course.measurements.chapter_06 import CHANGES, SENTENCES, with_mask
from course.translation import pretrained


def test_each_share_is_of_whole_sentences():
    table = stored(6)[0]
    assert [name for name, _ in table.rows] == list(CHANGES)
    for _, share in table.rows:
        assert share * SENTENCES == pytest.approx(round(share * SENTENCES))


def test_the_corner_and_the_padding_cost_translations_and_the_other_corner_none():
    share = dict(stored(6)[0].rows)
    trained = share["padding (as trained)"]
    assert share["padding & causal, bottom right"] == trained
    assert share["padding & causal, top left"] < share["none: padding is seen"] < trained
    lost = share["none: padding is seen"] - share["causal alone, bottom right"]
    assert abs(lost) < 0.01  # it is the padding that costs, not the causal mask


def test_a_mask_reaches_every_cross_attention_and_leaves_with_its_hook():
    translator, some = pretrained.load("translation_transformer"), load().test[:12]
    top_left = with_mask(translator, CHANGES["padding & causal, top left"], some)
    assert top_left < with_mask(translator, CHANGES["padding (as trained)"], some) == 1
