"""Chapter 11's stored numbers are what readers, counts and the pretrained BERT do."""

import pytest

from attnlib.models import hub
from course.data.translation import load
from course.data.wordpiece import WordPiece
from course.measurements import stored
from course.measurements.chapter_11 import heads, pronouns, similarity
from course.reading import blanks
from course.reading.counting import counted, share_right

WORDS, HEADS, PRONOUNS, SIMILARITY = stored(11)
FOUND = dict(WORDS.rows)


def test_guesses_by_counting_are_measured_on_all_test_sentences():
    corpus = load()
    test = [pair.source for pair in corpus.test]
    for name, guess in counted([pair.source for pair in corpus.train]).items():
        assert FOUND[name] == pytest.approx(share_right(guess, test), abs=1e-9)


@pytest.mark.parametrize(
    ("told", "name"),
    [("only back", "bert_masked_words_causal"), ("both ways", "bert_masked_words")],
)
def test_the_networks_are_measured_on_all_test_sentences(told, name):
    test = [pair.source for pair in load().test]
    share = blanks.accuracy(blanks.load(name), test)
    assert FOUND[f"network looking {told}"] == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(
    ("measure", "table"), [(heads, HEADS), (pronouns, PRONOUNS), (similarity, SIMILARITY)]
)
def test_the_pretrained_bert_is_measured_anew(measure, table):
    wordpiece = WordPiece.from_file(hub.folder_of("minilm") / "vocab.txt")
    again = measure(hub.load("minilm"), wordpiece)
    assert again.columns == list(table.columns)
    for row, kept in zip(again.rows, table.rows, strict=True):
        for cell, stored_cell in zip(row, kept, strict=True):
            exact = not isinstance(cell, float)
            assert stored_cell == (cell if exact else pytest.approx(cell, abs=1e-3))
