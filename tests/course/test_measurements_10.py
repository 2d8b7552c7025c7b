"""Chapter 10's stored numbers are what the stored writers and the counts do."""

import pytest
import torch

from course import checkpoints
from course.data import plays
from course.language import ngrams
from course.language.writer import load, perplexity
from course.measurements import stored
from course.measurements.chapter_10 import COUNTS, OF_PIECES, WRITERS, characters_read
from course.measurements.temperatures import TEMPERATURES, habits_of_text, words_of

SURPRISES, EQUAL, WRITTEN, *_ = stored(10)
ROWS = {row[0]: dict(zip(SURPRISES.columns, row, strict=True)) for row in SURPRISES.rows}


@pytest.mark.parametrize(("name", "kinds"), [("gpt_characters", COUNTS), ("gpt_pieces", OF_PIECES)])
def test_counts_are_measured_on_the_whole_text(name, kinds):
    text, tokenizer = plays.load(), load(name).tokenizer
    read, unread = (torch.tensor(tokenizer.encode(half)) for half in text)
    counts = ngrams.learn(read, words=len(tokenizer), order=max(kinds))
    for order, told in kinds.items():
        shorter = counts.shorter(order)
        nats = shorter.surprise(unread).mean().item() * len(unread) / len(text.held_out)
        assert ROWS[told]["nats/char."] == pytest.approx(nats, rel=1e-6)
        assert ROWS[told]["numbers"] == shorter.entries


def test_counting_gets_better_up_to_six_characters_and_beats_the_gpt_of_characters():
    by_order = [ROWS[told]["nats/char."] for told in COUNTS.values()]
    assert by_order.index(min(by_order)) + 1 == 6
    characters, byte_pairs = (ROWS[told]["nats/char."] for told in WRITERS.values())
    assert by_order[3] > characters > by_order[4] > min(by_order)
    assert byte_pairs < min(row["nats/char."] for told, row in ROWS.items() if "GPT" not in told)


def test_every_line_of_the_table_says_how_much_was_read():
    for told, row in ROWS.items():
        assert row["perplexity"] == pytest.approx(
            perplexity(row["nats/char."] * row["char./token"])
        )
        if "GPT" not in told:
            assert row["read, millions"] == len(plays.load().train) / 1e6
    for name, told in WRITERS.items():
        steps = checkpoints.details(name)["recipe"]["steps"]
        read = characters_read(load(name).tokenizer, steps) / 1e6
        assert ROWS[told]["read, millions"] == pytest.approx(read)


def test_on_equal_text_the_gpts_are_told_by_the_same_arithmetic():
    characters, much, little = (dict(zip(EQUAL.columns, row, strict=True)) for row in EQUAL.rows)
    for row in (characters, much):
        assert row["nats/char."] == pytest.approx(ROWS[row["model"]]["nats/char."], abs=1e-6)
        assert row["read, millions"] == ROWS[row["model"]]["read, millions"]
    assert little["read, millions"] == pytest.approx(characters["read, millions"], rel=0.01)
    assert much["nats/char."] < little["nats/char."]


def test_what_temperatures_write_is_measured_with_every_seed():
    known = set(words_of(plays.load().train))
    for temperature, row in zip(TEMPERATURES, WRITTEN.rows, strict=True):
        words, fresh = habits_of_text(temperature, 3, known)
        assert row[2] - 0.02 <= words <= row[3] + 0.02
        assert row[5] - 0.02 <= fresh <= row[6] + 0.02
        assert row[2] <= row[1] <= row[3]
        assert row[5] <= row[4] <= row[6]


def test_the_character_gpt_is_measured_on_the_whole_text():
    text = plays.load().held_out
    nats = load("gpt_characters").surprise(text) / len(text)
    assert ROWS[WRITERS["gpt_characters"]]["nats/char."] == pytest.approx(nats, abs=1e-3)
    assert nats <= 1.60


def test_the_byte_pair_gpt_is_measured_on_the_whole_text():
    text = plays.load().held_out
    nats = load("gpt_pieces").surprise(text) / len(text)
    assert ROWS[WRITERS["gpt_pieces"]]["nats/char."] == pytest.approx(nats, abs=1e-3)


@pytest.mark.parametrize("name", WRITERS)
def test_induction_is_told_as_it_was_noted_in_training(name):
    (table,) = [one for one in stored(10) if one.title.startswith(name)]
    for row, shot in zip(table.rows, checkpoints.details(name)["induction"], strict=True):
        best = max(max(layer) for layer in shot["heads"])
        assert list(row) == [shot["step"], shot["once"], shot["again"], best]
