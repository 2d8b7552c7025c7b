"""Post-norm against pre-norm: a short version of the recipe, and what the stored curves show."""

import json
from argparse import Namespace

import pytest
import torch
from torch import nn

from course.data.translation import load
from course.translation import train_norms
from course.translation.train_norms import (
    HIGH,
    LOW,
    RUNS,
    Run,
    losses,
    stored,
    untrained,
)


def test_a_short_run_learns_and_is_the_same_again():
    run = Run("pre", HIGH, 0)
    first = losses(run, load(), steps=60, progress=False)
    assert len(first) == 3
    assert first[-1] < first[0]
    assert losses(run, load(), steps=20, progress=False)[0] > first[-1]
    assert losses(run, load(), steps=60, progress=False) == first


def test_the_norm_is_the_only_difference_at_the_start():
    post, pre = (untrained(norm, load()).model for norm in ("post", "pre"))
    assert not post.encoder[0].self_attention_residual.pre_norm
    assert pre.encoder[0].self_attention_residual.pre_norm
    theirs = pre.state_dict()
    assert set(theirs) - set(post.state_dict()) == {
        f"{stack}_norm.{name}" for stack in ("encoder", "decoder") for name in ("weight", "bias")
    }
    for name, weight in post.state_dict().items():
        torch.testing.assert_close(weight, theirs[name], rtol=0, atol=0)


def test_matrices_are_drawn_as_glorot_and_bengio_draw_them():
    for part in untrained("post", load()).model.modules():
        if isinstance(part, nn.Linear):
            rows, columns = part.weight.shape
            bound = (6 / (rows + columns)) ** 0.5
            assert 0.97 * bound < part.weight.abs().max() <= bound
            assert not part.bias.any()


def test_another_norm_is_refused():
    with pytest.raises(ValueError, match="norm must be post or pre, got 'sandwich'"):
        untrained("sandwich", load())


def test_the_command_stores_every_run(tmp_path, monkeypatch):
    monkeypatch.setattr(train_norms, "RUNS", (Run("post", LOW, 0), Run("post", HIGH, 10)))
    train_norms.TASK.run(Namespace(steps=20, out=tmp_path / "losses.json", force=False))
    told = stored(tmp_path / "losses.json")
    assert [(run["norm"], run["rate"], run["warmup"]) for run in told["runs"]] == [
        ("post", LOW, 0),
        ("post", HIGH, 10),
    ]
    assert all(len(run["losses"]) == 1 for run in told["runs"])


def test_the_stored_curves_belong_to_the_recipe():
    told = json.loads(train_norms.STORED.read_text())
    assert [(run["norm"], run["rate"], run["warmup"]) for run in told["runs"]] == list(RUNS)
    assert {key: told[key] for key in train_norms.SIZES} == train_norms.SIZES
    assert all(len(run["losses"]) == told["steps"] // told["mean_of"] for run in told["runs"])


def test_without_warm_up_the_high_rate_stops_post_norm_only():
    last = {
        (run["norm"], run["rate"], run["warmup"]): run["losses"][-1] for run in stored()["runs"]
    }
    assert last["pre", HIGH, 0] < last["pre", LOW, 0]
    assert last["post", HIGH, 0] > last["post", LOW, 0]
    assert last["post", HIGH, 200] < last["post", LOW, 0]
