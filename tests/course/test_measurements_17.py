"""Chapter 17's recall: the texts are what they say, and the stored shares carry its sentences."""

from collections import defaultdict
from statistics import fmean, median

import pytest
import torch

from course.measurements import stored
from course.measurements.chapter_17 import ONCE, SEEDS, SIZES, STACKS, TWICE
from course.measurements.recall import (
    KEYS,
    PAIRS,
    TEXTS,
    VALUES,
    Recaller,
    right,
    trained,
    write,
)


@pytest.mark.parametrize("told", [1, 2])
def test_each_answer_is_the_value_that_stands_last_behind_its_key(told):
    tokens, answers = write(20, 8, seed=3, told=told)
    asked = 8 // told
    assert tokens.shape == (20, 16 + asked)
    assert answers.shape == (20, asked)
    for text, wanted in zip(tokens.tolist(), answers.tolist(), strict=True):
        said = {}
        for key, value in zip(text[:16:2], text[1:16:2], strict=True):
            assert 0 <= key < KEYS <= value < KEYS + VALUES
            said[key] = value - KEYS
        assert len(said) == asked
        assert sorted(text[16:]) == sorted(said)
        assert wanted == [said[key] for key in text[16:]]


@pytest.mark.parametrize("rule", TWICE)
def test_no_output_knows_a_later_token(rule):
    torch.manual_seed(0)
    model = Recaller((rule,), 8).eval()
    tokens, _ = write(1, 8, seed=0)
    other = tokens.clone()
    other[0, 11] = KEYS + (tokens[0, 11] - KEYS + 1) % VALUES
    changed = (model(other) - model(tokens)).abs().amax(dim=-1)[0] > 1e-6
    assert not changed[:11].any()
    assert changed[11:].any()


def grouped(table, *names):
    """The rows' shares, by what stands in the columns of these names."""
    groups = defaultdict(list)
    for row in table.rows:
        told = dict(zip(table.columns, row, strict=True))
        key = tuple(told[name] for name in names)
        groups[key if len(names) > 1 else key[0]].append(
            [told[f"{pairs} pairs"] for pairs in PAIRS]
        )
    return groups


def test_every_share_is_of_whole_keys_and_every_group_has_five_seeds():
    once, twice, stacks = stored(17)
    assert set(grouped(once, "rule", "D")) == {(rule, size) for rule in ONCE for size in SIZES}
    assert set(grouped(twice, "rule")) == set(TWICE)
    assert set(grouped(stacks, "layers")) == set(STACKS)
    for table, told in ((once, 1), (twice, 2), (stacks, 1)):
        seeds = table.columns.index("seed")
        assert {row[seeds] for row in table.rows} == set(SEEDS)
        for row in table.rows:
            for pairs, share in zip(PAIRS, row[-len(PAIRS) :], strict=True):
                whole = share * TEXTS * pairs / told
                assert whole == pytest.approx(round(whole))


def test_told_once_the_size_of_the_state_decides_and_not_the_rule():
    runs = grouped(stored(17)[0], "rule", "D")
    assert all(min(shares) > 0.999 for size in SIZES for shares in runs["softmax", size])
    for rule in ("φ = elu + 1", "sum", "delta"):
        most = {size: [shares[-1] for shares in runs[rule, size]] for size in SIZES}
        assert max(most[8]) < min(most[16])
        assert max(most[16]) < min(most[32])
    for size in (16, 32):
        summed, corrected = (
            fmean(run[-1] for run in runs[rule, size]) for rule in ("sum", "delta")
        )
        assert corrected < summed + 0.005


def test_told_twice_the_rule_decides():
    runs = grouped(stored(17)[1], "rule")
    middle = {rule: [median(shares) for shares in zip(*runs[rule], strict=True)] for rule in TWICE}
    assert min(min(run) for run in runs["softmax, ALiBi"]) > 0.96
    for rule in ("softmax", "φ = elu + 1", "sum"):
        assert max(max(run) for run in runs[rule]) < 0.61
    for column in range(len(PAIRS)):
        assert middle["sum"][column] + 0.15 < middle["gates"][column] < middle["delta"][column]


def test_one_softmax_layer_in_four_recalls_what_states_cannot_hold():
    runs = grouped(stored(17)[2], "layers")
    assert min(min(run) for run in runs["3 delta, 1 softmax"]) > 0.994
    assert max(run[-1] for run in runs["4 delta"]) < 0.24
    longer = runs["4 delta, 1500 steps"]
    assert min(run[0] for run in longer) > 0.99
    assert 0.5 < min(run[-1] for run in longer) < max(run[-1] for run in longer) < 0.79


def test_a_network_with_a_cache_learns_what_a_state_has_no_room_for():
    cache, state = (trained((rule,), 16, seed=0, steps=200) for rule in ("softmax", "sum"))
    assert right(cache, 32) > 0.99
    assert right(state, 32) < 0.8
