"""bert_heads: the page shows the model's own maps, and says of them what is so."""

import re

import pytest
import torch

from course.widgets._bert_heads import SENTENCES, bert_heads, packed, read

VIEW = "bert_heads.js"
BYTE = 1 / 510 + 1e-6  # half a step of 1/255
HEADS = [(0, 0), (0, 2), (3, 1), (5, 11)]


@pytest.fixture(scope="module")
def view():
    return bert_heads().view


@pytest.mark.parametrize("sentence", range(len(SENTENCES)))
def test_the_page_shows_the_models_weights(javascript, view, sentence):
    words, maps = read(SENTENCES[sentence])
    assert view.sentences[sentence] == words
    unpacked = javascript(VIEW, "unpack", view.weights[sentence])
    bytes_ = list(unpacked.values())  # JSON writes a typed array as an object
    for layer, head in HEADS:
        shown = javascript(VIEW, "mapOf", bytes_, len(words), layer, head)
        expected = maps[layer, head]
        torch.testing.assert_close(
            torch.tensor(shown, dtype=expected.dtype), expected, rtol=0, atol=BYTE
        )


def test_a_weight_of_one_fills_its_byte(javascript):
    weights = torch.tensor([[0.0, 1.0], [0.25, 0.75]])[None, None]
    assert list(javascript(VIEW, "unpack", packed(weights)).values()) == [0, 255, 64, 191]


def test_habits_are_averages_over_the_words(javascript):
    torch.manual_seed(0)
    weights = torch.rand(6, 6, dtype=torch.float64).softmax(dim=1)
    found = javascript(VIEW, "habits", weights.tolist())
    words = range(1, 5)
    assert found["cls"] == pytest.approx(sum(weights[i, 0] for i in words) / 4)
    assert found["before"] == pytest.approx(sum(weights[i, i - 1] for i in (2, 3, 4)) / 3)
    assert found["after"] == pytest.approx(sum(weights[i, i + 1] for i in (1, 2, 3)) / 3)


def test_the_sentence_names_head_word_and_habits(javascript):
    words, maps = read(SENTENCES[0])
    now = {"layer": 0, "head": 2, "words": words, "word": 2, "map": maps[0, 2].tolist()}
    said = javascript(VIEW, "describe", now)
    assert said.startswith("Layer 0, head 2: “cat” looks most at “the”, with 1.00.")
    assert "1.00 on the word before" in said


def test_the_still_picture_shows_the_chosen_words_weights():
    maps = read(SENTENCES[0])[1]
    digits = re.findall(r">(\d\.\d\d)<", bert_heads(layer=3, head=1, word=6).still)
    assert digits == [f"{weight:.2f}" for weight in maps[3, 1, 6].tolist()]


def test_the_state_stays_small(view):
    assert sum(map(len, view.weights)) + len(view._esm) + len(view._css) < 150_000


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"sentence": 8}, "sentence must lie between 0 and 7, got 8"),
     ({"layer": 6}, "layer must lie between 0 and 5, got 6"),
     ({"head": -1}, "head must lie between 0 and 11, got -1"),
     ({"word": 9}, "word must lie between 0 and 8, got 9")],
)  # fmt: skip
def test_what_is_not_there_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        bert_heads(**choice)
