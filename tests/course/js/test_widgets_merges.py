"""merges: the page cuts a text as the tokenizer does, with any number of its merges."""

import pytest

from course.language.writer import load
from course.widgets._merges import CHECKPOINT, COUNTS, TEXT, merges, pieces_of

VIEW = "merges.js"
TEXTS = (TEXT, "ROMEO\nThe cat's unfathomable!", "")


def state(count, text=TEXT):
    view = merges().view
    return {"characters": view.characters, "merges": view.merges, "count": count, "text": text}


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("text", TEXTS)
def test_the_pieces_are_the_tokenizers(javascript, count, text):
    expected = pieces_of(load(CHECKPOINT).tokenizer, count, text)
    assert javascript(VIEW, "cut", state(count, text)) == expected


def test_unknown_characters_are_left_out_and_named(javascript):
    asked = state(0, "a€b")
    assert javascript(VIEW, "cut", asked) == ["a", "b"]
    assert javascript(VIEW, "describe", asked, ["a", "b"]).endswith(
        "Not in the plays, and left out: €"
    )


def test_the_sentence_names_the_last_merge(javascript):
    left, right = load(CHECKPOINT).tokenizer.merges[4]
    piece = (left + right).replace(" ", "␣")
    assert f"The last pair joined: “{piece}”." in javascript(VIEW, "describe", state(5), ["O"])


def test_another_number_of_merges_is_refused():
    with pytest.raises(ValueError, match="count must be one of"):
        merges(4)
