"""Figures show the weights they are given, name what they name, and are equal at every run."""

import json
from pathlib import Path

import pytest
import torch
from drawing import svg

from course import plots

pytestmark = pytest.mark.usefixtures("clean_style")

ROOT = Path(__file__).parents[2]
WORDS = ["the", "cat", "sat", "on", "the", "mat"]
WEIGHTS = torch.arange(36, dtype=torch.float64).reshape(6, 6).softmax(-1)


def labels(ticks):
    return [tick.get_text() for tick in ticks]


def test_a_row_is_a_query_and_a_column_a_key():
    weights = torch.zeros(2, 3)
    weights[0, 2] = 1.0
    ax = plots.heatmap(weights, ["q0", "q1"], ["k0", "k1", "k2"])
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written[2.5, 0.5] == "1.00"
    assert written[0.5, 1.5] == "0.00"
    assert labels(ax.get_xticklabels()) == ["k0", "k1", "k2"]
    assert labels(ax.get_yticklabels()) == ["q0", "q1"]
    assert ax.yaxis_inverted()


def test_cells_hold_the_weights():
    ax = plots.heatmap(WEIGHTS)
    assert ax.collections[0].get_array().tolist() == WEIGHTS.tolist()


def test_numbers_stay_away_from_large_maps():
    assert len(plots.heatmap(torch.eye(10)).texts) == 100
    assert len(plots.heatmap(torch.eye(11)).texts) == 0


def test_gold_pairs_are_outlined_at_target_row_and_source_column():
    ax = plots.alignment(WEIGHTS, {(4, 1)}, WORDS, WORDS)
    assert [patch.get_xy() for patch in ax.patches] == [(1, 4)]


def test_every_head_has_its_own_map():
    weights = torch.stack([WEIGHTS, WEIGHTS.flip(-1), WEIGHTS.flip(0)])
    figure = plots.heads(weights, WORDS, WORDS, across=2)
    shown = [ax for ax in figure.axes if ax.collections]
    assert len(shown) == 3
    for ax, head in zip(shown, weights, strict=True):
        assert ax.collections[0].get_array().tolist() == head.tolist()


def test_a_figure_is_the_same_bytes_every_time():
    first, second = (
        svg(plots.alignment(WEIGHTS, {(0, 0)}, WORDS, WORDS, title="√d").figure) for _ in range(2)
    )
    assert first == second


def test_weights_that_need_gradients_are_drawn():
    plots.heatmap(WEIGHTS.clone().requires_grad_())


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.heatmap(WEIGHTS[None]), r"axes \(Tq, Tk\), got shape \(1, 6, 6\)"),
        (
            lambda: plots.heatmap(WEIGHTS, rows=["a"]),
            "rows has 1 labels, but weights has 6 queries",
        ),
        (lambda: plots.heatmap(WEIGHTS, columns=["a"]), "columns has 1 labels, but .* 6 keys"),
        (lambda: plots.heads(WEIGHTS), r"axes \(H, Tq, Tk\), got shape \(6, 6\)"),
        (
            lambda: plots.heads(WEIGHTS[None], titles=[]),
            "titles has 0 labels, but weights has 1 head",
        ),
        (lambda: plots.alignment(WEIGHTS, {(6, 0)}, WORDS, WORDS), r"gold has the pair \(6, 0\)"),
    ],
)
def test_what_does_not_fit_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


LINES = [
    {"case": "dense", "contender": "attnlib", "ratio": 1.0},
    {"case": "dense", "contender": "SDPA", "ratio": 0.9},
    {"case": "window", "contender": "attnlib", "ratio": 1.0},
    {"case": "window", "contender": "SDPA", "ratio": 12.0},
    {"case": "window", "contender": "FlexAttention", "ratio": 2.5},
]


def test_every_peer_stands_at_its_ratio_in_the_row_of_its_question():
    figure = plots.ratios(LINES, title="stored")
    (ax,) = figure.axes
    assert labels(ax.get_yticklabels()) == ["dense", "window"]
    one, *dots = ax.lines
    assert list(one.get_xdata()) == [1, 1]
    found = {line.get_label(): line.get_xydata().tolist() for line in dots}
    assert found == {"SDPA": [[0.9, 0], [12, 1]], "FlexAttention": [[2.5, 1]]}
    assert ax.get_xscale() == "log"
    assert labels(ax.get_xticklabels()) == ["0.5×", "1×", "2×", "5×", "10×", "20×"]
    assert ax.yaxis_inverted()


def test_the_axis_embraces_what_was_measured():
    stored = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    for group in {line["group"] for line in stored["lines"]}:
        mine = [line for line in stored["lines"] if line["group"] == group]
        (ax,) = plots.ratios(mine).axes
        marks = [float(text.removesuffix("×")) for text in labels(ax.get_xticklabels())]
        assert min(marks) <= min(line["ratio"] for line in mine)
        assert max(line["ratio"] for line in mine) <= max(marks)


def test_ratios_without_a_peer_are_refused():
    with pytest.raises(ValueError, match="a contender besides attnlib, got none"):
        plots.ratios(LINES[:1])
