"""position_curves: every scheme's curve and weights, against attnlib."""

import pytest
import torch

from attnlib import attention
from attnlib.positions import alibi_slopes
from course import checkpoints
from course.widgets._position_curves import (
    HEADS,
    LONGEST,
    SCHEMES,
    TRAINED_BUCKETS,
    curves,
    position_curves,
)

VIEW = "position_curves.js"


def inputs(scheme, heads=4):
    return {"scheme": scheme, "heads": heads, "table": TRAINED_BUCKETS, "longest": LONGEST}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("heads", HEADS)
def test_curves_are_attnlibs(javascript, scheme, heads):
    drawn = torch.tensor(javascript(VIEW, "curvesOf", inputs(scheme, heads))).float()
    torch.testing.assert_close(drawn, torch.tensor(curves(scheme, heads)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("heads", HEADS)
def test_slopes_are_alibis(javascript, heads):
    slopes = javascript(VIEW, "alibiSlopes", heads)
    assert slopes == pytest.approx(alibi_slopes(heads).tolist())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weights_are_those_of_keys_alike_in_content(javascript, scheme):
    lines = curves(scheme, 4)
    drawn = torch.tensor(javascript(VIEW, "weightsOf", lines))
    states = torch.zeros(1, len(lines), 61, 1)
    bias = torch.tensor(lines)[None, :, None]
    expected = attention(states[:, :, :1], states, states, bias=bias).weights[0, :, 0]
    torch.testing.assert_close(drawn, expected, rtol=0, atol=1e-6)


def test_the_sentence_says_how_near_sighted_the_heads_are(javascript):
    assert javascript(VIEW, "describeNear", [[1 / 61] * 61]).startswith(
        "The last 8 of 61 words get 13 %"
    )
    near = [[1 / 8] * 8 + [0] * 53, [1 / 61] * 61]
    assert "13 % to 100 % of the weight" in javascript(VIEW, "describeNear", near)


def test_the_buckets_are_those_of_the_stored_reader():
    reader = checkpoints.load("positions_next_word_bucketed")
    table = reader.embedding.positions.bucketed.table.detach()
    torch.testing.assert_close(torch.tensor(TRAINED_BUCKETS), table, rtol=0, atol=0.006)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_still_picture_names_the_scheme(scheme):
    assert f"What the score gets from {scheme}, by distance" in position_curves(scheme).still


@pytest.mark.parametrize(
    ("wrong", "told"), [({"scheme": "rope"}, "scheme must be"), ({"heads": 3}, "heads must be")]
)
def test_a_choice_no_control_offers_is_refused(wrong, told):
    with pytest.raises(ValueError, match=told):
        position_curves(**wrong)
