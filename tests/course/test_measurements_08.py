"""Chapter 08's tables are what the stored models do."""

import pytest

from attnlib.masks import Causal, Window
from attnlib.models.position_schemes import SCHEMES
from course import checkpoints, measurements
from course.data.translation import load
from course.measurements.chapter_08 import (
    SEEDS,
    by_length,
    held_out,
    loss_by_place,
    means,
    words_right,
)


def test_the_stored_table_is_what_a_stored_reader_does():
    *_, free, windowed = measurements.stored(8)
    corpus = load()
    reader = checkpoints.load("positions_next_word_alibi")
    for table, mask in ((free, Causal()), (windowed, Causal() & Window(20))):
        (row,) = [row for row in table.rows if row[:2] == ["alibi", 0]]
        reader.mask = mask
        assert loss_by_place(reader, corpus) == pytest.approx(row[2:], abs=0.002)


def test_the_readers_means_are_those_of_all_seeds():
    _, _, *two_means, free, windowed = measurements.stored(8)
    for mean, each in zip(two_means, (free, windowed), strict=True):
        assert mean.rows == means(each.rows)
        assert [row[:2] for row in each.rows] == [[s, seed] for s in SCHEMES for seed in SEEDS]


def test_within_the_trained_length_a_window_of_it_changes_nothing():
    *_, free, windowed = measurements.stored(8)
    for row, within in zip(free.rows, windowed.rows, strict=True):
        assert row[2:4] == pytest.approx(within[2:4], abs=1e-5)


def test_the_stored_table_is_what_the_stored_translator_does():
    exact, words = measurements.stored(8)[:2]
    corpus = load()
    group = by_length(held_out(corpus))[2]
    translator = checkpoints.load("positions_bucketed")
    column = words.columns.index("9-12")
    (row,) = [row for row in words.rows if row[0] == "bucketed"]
    assert words_right(translator, group) == pytest.approx(row[column], abs=0.002)
    assert exact.columns == words.columns
    assert {len(pair.source) for pair in group} == {9, 10, 11, 12}


def test_next_words_right_counts_the_end_and_no_padding():
    corpus = load()
    translator = checkpoints.load("positions_bucketed")
    pairs = [next(p for p in corpus.test if len(p.source) == length) for length in (4, 12)]
    right = total = 0
    for pair in pairs:
        source, lengths, target = translator.batch([pair.source], [pair.target])
        said = translator.model(source, lengths, target[:, :-1]).argmax(dim=-1)
        right += int((said == target[:, 1:]).sum())
        total += len(pair.target) + 1
    assert words_right(translator, pairs) == right / total
