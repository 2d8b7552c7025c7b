"""head_explorer: the page shows the models' own maps and scores, and says of them what is so."""

import xml.etree.ElementTree as ElementTree

import pytest
import torch
from torch import nn

from attnlib import MultiHeadAttention, masks
from attnlib.inspect import explore
from course.widgets._head_explorer import SHOWN, head_explorer, packed, prepared

VIEW = "head_explorer.js"
BYTE = 1 / 510 + 1e-6  # half a step of 1/255


@pytest.fixture(scope="module")
def view():
    return head_explorer().view


@pytest.mark.parametrize("name", SHOWN)
def test_the_page_shows_the_models_weights_and_scores(javascript, view, name):
    text, heads = view.texts[list(SHOWN).index(name)], prepared(name)
    bytes_ = list(javascript(VIEW, "unpack", text["weights"]).values())
    layers = list(heads.maps)
    for layer in (0, len(layers) // 2, len(layers) - 1):
        shown = javascript(VIEW, "mapOf", bytes_, text, layer, 2)
        expected = heads.rows(layers[layer], 2)
        torch.testing.assert_close(torch.tensor(shown).float(), expected, rtol=0, atol=BYTE)
    for kind, scores in zip(view.scores, text["scores"], strict=True):
        found = javascript(VIEW, "ranked", scores, False)
        wanted = heads.ranked(kind)[: len(found)]
        assert [one["value"] for one in found] == pytest.approx(
            [one.score for one in wanted], abs=5.1e-4
        )


def test_lowest_first_leaves_out_what_has_no_score(javascript):
    scores = [[0.5, None], [0.25, 0.75]]
    found = javascript(VIEW, "ranked", scores, True, 2)
    assert [(one["layer"], one["head"]) for one in found] == [(1, 0), (0, 0)]


def test_full_color_is_one_or_the_highest_entropy(javascript):
    assert javascript(VIEW, "highest", [[0.5, None], [0.25, 0.75]]) == 1
    assert javascript(VIEW, "highest", [[0.5, 2.25]]) == 2.25


def test_a_drawing_holds_any_words_as_text(javascript):
    colors = dict.fromkeys(["ink", "muted", "line", "card", "weight", "query", "key"], "#000")
    words = ["<script>", "a & b", '"']
    state = {"title": "<b>", "from": words, "to": words, "map": [[0.5] * 3] * 3, "colors": colors}
    drawing = ElementTree.fromstring(javascript("drawings.js", "mapDrawing", state))
    texts = [part.text for part in drawing if part.tag.endswith("text")]
    assert texts == ["<b>", *words, *words]


def test_the_state_stays_small(view):
    assert sum(len(text["weights"]) for text in view.texts) + len(view._esm) < 250_000


class Reader(nn.Module):
    """A model of one's own."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.attention = MultiHeadAttention(8, 2)

    def forward(self, tokens):
        return self.attention(self.words(tokens), mask=masks.Causal())


def test_of_a_long_text_the_rows_come_as_they_are_asked_for():
    torch.manual_seed(0)
    heads = explore(Reader(), torch.arange(2000)[None] % 50)
    panel = head_explorer(heads)
    assert panel.view.texts[0]["weights"] == ""
    assert panel.view.row == 1999
    panel.view.row, panel.view.head = 700, 1
    row = heads.rows("attention", 1, slice(700, 701))[0]
    assert len(panel.view.heaviest) == 24
    for place, weight in panel.view.heaviest:
        assert weight == pytest.approx(row[place].item(), abs=1e-4)
    assert min(weight for _, weight in panel.view.heaviest) >= row.topk(25).values[-1].item() - 1e-4
    assert repr(panel).startswith("head_explorer(heads, ")


def test_a_map_that_sees_the_future_is_kept_whole():
    layer = MultiHeadAttention(8, 2)
    heads = explore(layer, torch.zeros(1, 3).long(), run=lambda: layer(torch.randn(1, 3, 8)))
    assert packed("x", heads)["layers"][0]["causal"] is False


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"score": "beauty"}, "score must be one of induction, previous token, self, entropy; got"),
     ({"text": 5}, "text must lie between 0 and 4, got 5"),
     ({"layer": 30}, "layer must lie between 0 and 29, got 30"),
     ({"head": 9}, "head must lie between 0 and 8, got 9"),
     ({"row": 18}, "row must lie between 0 and 17, got 18")],
)  # fmt: skip
def test_what_is_not_there_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        head_explorer(**choice)
