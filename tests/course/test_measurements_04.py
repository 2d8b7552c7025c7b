"""Chapter 04's stored numbers say what the chapter says, and are what is measured."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from attnlib import attention
from course.measurements import stored
from course.measurements.chapter_04 import (
    ENOUGH,
    RATES,
    SEEDS,
    SENTENCES,
    both,
    jacobian,
    reached,
    spread,
    spread_of,
)
from course.measurements.look_up import EVERY, LookUp, ask, curve

CHAPTER = Path(__file__).parents[2] / "notebooks" / "04_softmax_and_scale.ipynb"


def chapter_cell(beginning: str) -> str:
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    sources = ("".join(cell["source"]) for cell in cells)
    return next(source for source in sources if source.startswith(beginning))


def test_the_jacobian_is_autograds():
    scores = torch.randn(5, 7, dtype=torch.float64)
    sizes = [
        torch.autograd.functional.jacobian(lambda s: s.softmax(dim=-1), row).norm()
        for row in scores
    ]
    torch.testing.assert_close(jacobian(scores), torch.stack(sizes).mean())


def test_the_stored_spread_is_what_is_measured_and_the_variance_is_the_size():
    kept, now = stored(4)[0], spread()
    for row, again in zip(kept.rows, now.rows, strict=True):
        assert row == pytest.approx(again, rel=1e-6)
        assert row[1] == pytest.approx(row[0], rel=0.03)


def test_the_task_is_the_chapters_own():
    theirs = {"torch": torch, "nn": nn, "attention": attention}
    exec(chapter_cell("class LookUp"), theirs)
    games = ask(5, seed=1)
    assert all(map(torch.equal, games, theirs["ask"](5, seed=1)))
    logits = []
    for kind in (LookUp, theirs["LookUp"]):
        torch.manual_seed(0)
        logits.append(kind(None)(*games[:3]))
    assert torch.equal(*logits)


def test_dividing_learns_sooner_at_every_seed_and_momentum_never_without_it():
    adam, momentum = stored(4)[2:4]
    assert [row[0] for row in adam.rows] == [row[0] for row in momentum.rows] == list(SEEDS)
    for _, divided, plain, *_ in adam.rows:
        assert 1.5 * divided < plain <= 2.5 * divided
    for _, divided, plain, *shares in momentum.rows:
        assert divided <= 20
        assert plain == "never"
        assert shares[0] == 1 > 0.6 > max(shares[1:])


def test_a_run_again_ends_where_the_stored_one_did():
    (_, divided, *_), *_ = stored(4)[3].rows
    shares = curve(None, 0, optimizer="Momentum", rate=0.3, steps=30, enough=ENOUGH)
    assert abs(reached(shares) - divided) <= EVERY


def test_the_translators_shares_are_of_whole_sentences():
    for _, *shares in stored(4)[1].rows:
        for share in shares:
            assert share * SENTENCES == pytest.approx(round(share * SENTENCES))


def test_without_dividing_momentum_learns_too_with_a_tenth_of_the_rate():
    divided, plain = both(1, "Momentum", 0.03, 60)
    assert max(divided[:5]) >= ENOUGH  # 40 steps
    assert max(plain[:5]) < ENOUGH <= max(plain)  # 50 or 60


def test_the_table_of_rates_has_the_other_tables_runs():
    rows = {name: cells for name, *cells in stored(4)[4].rows}
    for (optimizer, some), table in zip(RATES.items(), stored(4)[2:4], strict=True):
        for column, place in ((1, 0), (2, 1)):
            found = spread_of([row[column] for row in table.rows])
            assert rows[f"{optimizer} at {some[0]}"][place] == found


def test_at_every_rate_the_model_that_divides_needs_fewer_steps():
    for _, divided, plain in stored(4)[4].rows:
        if plain != "never":
            both_ends = (map(int, cell.split(" to ")) for cell in (divided, plain))
            fewest, most = zip(*both_ends, strict=True)
            assert fewest[0] < fewest[1]
            assert most[0] < most[1]
