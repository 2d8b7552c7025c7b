"""head_explorer: the page shows the models' own maps and scores, and says of them what is so."""

import html
import json
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
import torch
from torch import nn

from attnlib import MultiHeadAttention, masks
from attnlib.inspect import explore
from course.widgets._head_explorer import LETTERS, head_explorer, packed
from course.widgets._prepared_heads import SHOWN, prepared

HALF = 0.005 + 1e-6  # of a hundredth, the step in which weights are kept


@pytest.fixture(scope="module")
def view():
    return head_explorer().view


@pytest.mark.parametrize("name", SHOWN)
def test_the_page_shows_the_models_weights_and_scores(javascript, view, name):
    text, heads = view.texts[list(SHOWN).index(name)], prepared(name)
    hundredths = list(javascript("head_maps.js", "unpack", text["weights"], view.letters).values())
    layers = list(heads.maps)
    for layer in (0, len(layers) // 2, len(layers) - 1):
        shown = javascript("head_maps.js", "mapOf", hundredths, text, layer, 2)
        expected = heads.rows(layers[layer], 2)
        torch.testing.assert_close(torch.tensor(shown).float(), expected, rtol=0, atol=HALF)
    for kind, scores in zip(view.scores, text["scores"], strict=True):
        found = javascript("head_grid.js", "ranked", scores, False)
        wanted = heads.ranked(kind)[: len(found)]
        assert [one["value"] for one in found] == pytest.approx(
            [one.score for one in wanted], abs=5.1e-4
        )


def test_lowest_first_leaves_out_what_has_no_score(javascript):
    scores = [[0.5, None], [0.25, 0.75]]
    found = javascript("head_grid.js", "ranked", scores, True, 2)
    assert [(one["layer"], one["head"]) for one in found] == [(1, 0), (0, 0)]


def test_full_color_is_one_or_the_highest_entropy(javascript):
    assert javascript("head_grid.js", "highest", [[0.5, None], [0.25, 0.75]]) == 1
    assert javascript("head_grid.js", "highest", [[0.5, 2.25]]) == 2.25


def test_a_drawing_holds_any_words_as_text(javascript):
    colors = dict.fromkeys(["ink", "muted", "line", "card", "weight", "query", "key"], "#000")
    words = ["<script>", "a & b", '"']
    state = {"title": "<b>", "from": words, "to": words, "map": [[0.5] * 3] * 3, "colors": colors}
    drawing = ElementTree.fromstring(javascript("drawings.js", "mapDrawing", state))
    texts = [part.text for part in drawing if part.tag.endswith("text")]
    assert texts == ["<b>", *words, *words]


@pytest.mark.parametrize("model", ["SmolLM2", "MiniLM", "translator"])
def test_each_model_reads_three_texts(model):
    assert len([name for name in SHOWN if name.startswith(f"{model}, ")]) == 3


def test_the_state_stays_small(view):
    assert sum(len(text["weights"]) for text in view.texts) + len(view._esm) < 250_000


def test_letters_stand_in_a_page_as_they_are():
    assert len(set(LETTERS)) == 101
    assert json.dumps(LETTERS, ensure_ascii=False) == f'"{LETTERS}"'
    assert html.escape(LETTERS) == LETTERS.replace(">", "&gt;")  # > opens nothing


def test_one_head_of_minilm_finds_a_verbs_subject_across_two_other_nouns():
    heads = prepared("MiniLM, a verb far from its subject")
    weights = heads.rows(list(heads.maps)[3], 1)[heads.words.index("are")]
    assert heads.words[weights.argmax()] == "keys"
    assert weights.max() > 0.6


PIECE = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\3z")


def test_all_small_maps_are_drawn_in_twelve_shades(javascript):
    torch.manual_seed(0)
    map_ = torch.rand(3, 5).softmax(dim=-1)
    map_[1, 1:3] = 0.5  # neighbors of one shade are one piece
    colors = dict.fromkeys(["ink", "muted", "line", "card", "weight", "query", "key"], "#000")
    state = {"mapsTitle": "all", "maps": [[map_.tolist()] * 2] * 2, "colors": colors}
    drawing = ElementTree.fromstring(
        javascript("drawings.js", "mapsDrawing", state | {"layer": 1, "head": 0})
    )
    groups = [part for part in drawing if part.tag.endswith("}g")]
    assert len(groups) == 4
    drawn = torch.zeros(3, 5)
    for path in groups[0].findall("{*}path"):
        for x, y, wide in PIECE.findall(path.get("d")):
            drawn[int(y), int(x) : int(x) + int(wide)] += float(path.get("fill-opacity"))
    torch.testing.assert_close(drawn, map_, rtol=0, atol=1 / 24 + 0.005)
    assert sum(len(PIECE.findall(path.get("d"))) for path in groups[0].findall("{*}path")) < 15


def test_of_many_words_at_a_map_some_are_named_and_those_that_matter_always(javascript):
    assert javascript("word_map.js", "named", 20) == list(range(20))
    many = javascript("word_map.js", "named", 60, 31)
    assert 31 in many
    assert len(many) <= 20
    assert min(there - here for here, there in pairwise(many)) >= 3


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
     ({"text": 9}, "text must lie between 0 and 8, got 9"),
     ({"layer": 30}, "layer must lie between 0 and 29, got 30"),
     ({"head": 9}, "head must lie between 0 and 8, got 9"),
     ({"row": 18}, "row must lie between 0 and 17, got 18")],
)  # fmt: skip
def test_what_is_not_there_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        head_explorer(**choice)
