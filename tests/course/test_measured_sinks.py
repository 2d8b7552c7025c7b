"""Chapter 16's sinks: the texts are what they say, and the stored table carries its sentences."""

import math

import pytest
import torch

from course.measurements import stored
from course.measurements.sinks import (
    BEGIN,
    KINDS,
    LENGTH,
    SEEDS,
    SIGHTS,
    WINDOW,
    Reader,
    is_trigger,
    told,
    trained,
    write,
)

SEEN = list(SIGHTS)


def test_behind_a_trigger_comes_the_word_before_it():
    text = write(40, seed=3)
    assert text.shape == (40, LENGTH + 1)
    assert (text[:, 0] == BEGIN).all()
    assert (text[:, 1:] < BEGIN).all()
    where = is_trigger(text[:, 1:-1])
    assert where.sum() > 40
    assert (text[:, 2:][where] == text[:, :-2][where]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_hides_what_lies_behind_it_and_the_first_word_may_be_kept(kind):
    torch.manual_seed(0)
    model = Reader(kind).eval()
    text = write(1, seed=0)[:, :-1]
    other = text.clone()
    other[0, 1] = (text[0, 1] + 1) % 8
    changed = {}
    for name, sight in SIGHTS.items():
        model.see(*sight)
        apart = (model(other) - model(text)).abs().amax(dim=-1)[0] > 1e-7
        assert not apart[0]
        changed[name] = apart[1 + WINDOW :].any().item()
    assert changed == dict.fromkeys(SEEN, False) | {"everything": True}
    other = text.clone()
    other[0, 0] = 3
    for name, sight in SIGHTS.items():
        model.see(*sight)
        apart = (model(other) - model(text)).abs().amax(dim=-1)[0] > 1e-7
        assert apart[-1].item() == (name != SEEN[1])


def rows(kind):
    """The five seeds of one kind, each as a dictionary by column."""
    (table,) = [table for table in stored(16) if table.title.startswith("Sinks")]
    found = [dict(zip(table.columns, row, strict=True)) for row in table.rows if row[0] == kind]
    assert [row["seed"] for row in found] == list(SEEDS)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_shares_are_shares_and_losses_those_of_a_network_that_has_learned(kind):
    for row in rows(kind):
        assert 0 <= row["on the first"] + row["to no word"] <= 1
        assert 0 <= row["at triggers"] <= 1
        assert row["everything"] < math.log(BEGIN) - 1
        assert (row["to no word"] > 0) == (kind in {"a learned sink", "a register"})


def test_a_network_learns_in_seconds_and_reads_with_what_it_may_see():
    text = write(16, seed=1)
    model = trained("softmax", seed=0, steps=60)
    cells = told(model, text)
    assert len(cells) == 4 + len(SEEN)
    assert cells[4] < math.log(BEGIN) - 0.5


def test_a_gate_and_a_learned_sink_lessen_what_a_window_costs_and_end_no_sink():
    plain = rows("softmax")
    for row in plain:
        assert row["on the first"] > 0.23
        assert row["at triggers"] < 0.01
        assert row["its value"] < 0.35
        assert row[SEEN[1]] > 0.03
    for kind in ("a gate", "a learned sink"):
        for row, without in zip(rows(kind), plain, strict=True):
            assert 0.05 < row["on the first"] < 0.4
            assert row[SEEN[1]] < without[SEEN[1]] - 0.01
    for kind in KINDS:
        for row in rows(kind):
            assert row[SEEN[2]] < 0.002


def test_a_register_takes_over_in_one_network_and_helps_one_not_at_all():
    costs = [row[SEEN[1]] for row in rows("a register")]
    assert min(costs) < 0.01 < 0.1 < max(costs)
    shares = sorted(row["to no word"] for row in rows("a register"))
    assert shares[-2] < 0.07 < 0.25 < shares[-1]
