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


@pytest.mark.parametrize(
    ("text", "count", "told"),
    [("", 0, "80 different pieces; the text has none of them."),
     ("€", 0, "80 different pieces; the text has none of them. Not in the plays"),
     ("a", 0, "80 different pieces; the text is a single character."),
     (" the", 1000, "1080 different pieces; the 4 characters of the text are a single piece."),
     ("ab", 0, "the text has 2 characters in 2 pieces, 1.0 characters each.")],
)  # fmt: skip
def test_one_character_and_one_piece_are_told_as_one(javascript, text, count, told):
    asked = state(count, text)
    assert told in javascript(VIEW, "describe", asked, javascript(VIEW, "cut", asked))


def test_another_number_of_merges_is_refused():
    with pytest.raises(ValueError, match="count must be one of"):
        merges(4)
