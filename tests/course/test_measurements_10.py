"""Chapter 10's stored numbers are what the stored writers and the counts do."""

import pytest
import torch

from course import checkpoints
from course.data import plays
from course.language.ngrams import ngram, surprise
from course.language.writer import load
from course.measurements import stored
from course.measurements.chapter_10 import COUNTS, WRITERS

ROWS = {row[0]: row[1:] for row in stored(10)[0].rows}


@pytest.mark.parametrize("order", [1, 2, 3])  # the fourth table has 50 million entries
def test_counts_are_measured_on_the_whole_text(order):
    tokenizer = load("gpt_characters").tokenizer
    read, unread = (torch.tensor(tokenizer.encode(half)) for half in plays.load())
    nats = surprise(unread, ngram(read, len(tokenizer), order)).mean().item()
    assert ROWS[COUNTS[order]][0] == pytest.approx(nats, rel=1e-6)


def test_the_character_gpt_is_measured_on_the_whole_text():
    text = plays.load().held_out
    nats = load("gpt_characters").surprise(text) / len(text)
    assert ROWS[WRITERS["gpt_characters"]][0] == pytest.approx(nats, abs=1e-3)
    assert nats <= 1.60


def test_the_byte_pair_gpt_is_measured_on_the_whole_text():
    text = plays.load().held_out
    nats = load("gpt_pieces").surprise(text) / len(text)
    assert ROWS[WRITERS["gpt_pieces"]][0] == pytest.approx(nats, abs=1e-3)


@pytest.mark.parametrize("name", WRITERS)
def test_induction_is_told_as_it_was_noted_in_training(name):
    (table,) = [one for one in stored(10) if one.title.startswith(name)]
    for row, shot in zip(table.rows, checkpoints.details(name)["induction"], strict=True):
        best = max(max(layer) for layer in shot["heads"])
        assert list(row) == [shot["step"], shot["once"], shot["again"], best]
