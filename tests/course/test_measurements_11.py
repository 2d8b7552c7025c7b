"""Chapter 11's stored numbers are what readers, counts and the pretrained BERT do."""

import pytest
import torch

from attnlib.models import hub
from course.data.translation import load
from course.data.vocabulary import EOS
from course.data.wordpiece import WordPiece
from course.language import next_word
from course.measurements import stored
from course.measurements.chapter_11 import (
    READER,
    TRIED_EVERY,
    few_labels,
    heads,
    pronouns,
    similarity,
)
from course.reading import blanks
from course.reading.counting import counted, share_right
from course.reading.fine_tuning import LESSON, NEW, examples
from course.reading.trying_words import every_word, shares_right, tried

WORDS, WHOLE, HEADS, PRONOUNS, SIMILARITY, SEEDS, FEW = stored(11)
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


def test_the_stored_networks_are_among_their_five_seeds():
    for name, mean, lowest, highest in SEEDS.rows:
        assert lowest <= mean <= highest < lowest + 0.01
        assert lowest - 1e-3 <= FOUND[name] <= highest + 1e-3
    (_, _, _, back), (_, _, both, _) = SEEDS.rows
    assert both - back > 0.15


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


def test_by_whole_sentences_a_reader_that_looks_back_comes_near_one_that_looks_both_ways():
    (left, once, by_left), (whole, passes, by_all), (both, _, right) = WHOLE.rows
    assert "left" in left
    assert "whole" in whole
    assert both == "both ways"
    assert (once, passes) == (1, len(every_word(load().source_vocabulary)))
    assert by_all - by_left > 0.1
    assert right - by_all < 0.05
    sentences = [pair.source for pair in load().test[::TRIED_EVERY]]
    share = blanks.accuracy(blanks.load("bert_masked_words"), sentences)
    assert right == pytest.approx(share, abs=1e-3)
    assert f"{len(sentences)} test sentences" in WHOLE.title


def test_a_whole_sentence_is_scored_by_its_words_one_after_the_other():
    reader, vocabulary = next_word.load(READER), load().source_vocabulary
    words = ["the", "dog", "barked"]
    left, whole = tried(reader, vocabulary, words, 1)
    dog = every_word(vocabulary).tolist().index(vocabulary.encode(["dog"])[0])
    numbers = torch.tensor([[EOS, *vocabulary.encode(words), EOS]])
    with torch.no_grad():
        each = -reader.losses(numbers)[0]
    torch.testing.assert_close(left[dog], each[1])
    torch.testing.assert_close(whole[dog], each.sum())
    assert shares_right(reader, vocabulary, [["the"]])[0] in (0.0, 1.0)


def test_reading_pays_off_for_nouns_that_no_lesson_named():
    rows = {row[0]: row[1:] for row in FEW.rows}
    for old, new, lowest, highest in rows.values():
        assert lowest <= new <= highest
        assert old > 0.85
    assert rows["from scratch"][3] < min(rows["frozen"][2], rows["fine-tuned"][2])
    frozen = {row[0]: row for row in few_labels(seeds=[0]).rows}["frozen"]
    assert rows["frozen"][2] - 0.02 <= frozen[2] <= rows["frozen"][3] + 0.02


def test_lessons_and_questions_share_no_noun():
    assert not LESSON.keys() & NEW.keys()
    lessons, asked = (examples(load().train[::7], nouns, 64) for nouns in (LESSON, NEW))
    for some, others in ((lessons, NEW), (asked, LESSON)):
        assert len(some) == 64
        assert sum(label for _, label in some) == 32
        assert not any(word in others for words, _ in some for word in words)
