"""Chapter 07's numbers: every head, every layer, every kind of attention, on test sentences."""

import pytest

from attnlib import MultiHeadAttention
from attnlib.inspect.ablation import head_counts
from course.data.translation import load
from course.measurements import shared_keys, stored
from course.measurements.chapter_07 import groups, quality, sample
from course.measurements.look_ups import (
    FIRST_ASKED,
    LENGTH,
    LONGER,
    MANY_HEADS,
    SEEDS,
    STEPS,
    of_seed,
    right,
    write,
)
from course.measurements.shared_keys import KEY_HEADS, sharing
from course.translation import pretrained


@pytest.fixture(scope="module")
def translator():
    return pretrained.load("translation_transformer")


def test_the_sample_is_of_test_sentences_of_all_lengths():
    pairs = sample(40)
    test = set(load().test)
    assert len(set(pairs)) == 40
    assert test.issuperset(pairs)
    assert {len(pair.source) // 6 for pair in pairs} == {0, 1, 2, 3, 4}


def test_each_kind_of_attention_is_all_layers_of_it(translator):
    kinds = groups(head_counts(translator.model))
    assert kinds["all encoder self"] == ["encoder.0.self_attention", "encoder.1.self_attention"]
    assert kinds["all decoder self"] == ["decoder.0.self_attention", "decoder.1.self_attention"]
    assert kinds["all decoder cross"] == ["decoder.0.cross_attention", "decoder.1.cross_attention"]


def test_switched_off_heads_cost_exact_matches_bleu_and_loss(translator):
    pairs = sample(20)
    exact, bleu, loss = quality(translator, pairs)
    worse = quality(translator, pairs, {"decoder.1.cross_attention": range(4)})
    assert exact == bleu == 100
    assert worse[0] == 0
    assert worse[1] < 20
    assert worse[2] > 10 * loss


def test_every_head_is_stored_off_and_kept(translator):
    heads = [[layer, head] for layer in head_counts(translator.model) for head in range(4)]
    one_off, one_kept, whole = stored(7)[:3]
    assert [row[:2] for row in one_off.rows[1:]] == heads
    assert [row[:2] for row in one_kept.rows[1:]] == heads
    assert [row[0] for row in whole.rows[1:]] == list(groups(head_counts(translator.model)))


def test_one_head_never_learns_three_look_ups_and_four_heads_always_do():
    table = stored(7)[3]
    assert [row[:2] for row in table.rows] == [[heads, seed] for heads in (1, 4) for seed in SEEDS]
    assert all(min(row[2:]) < 0.75 for row in table.rows[:5])
    assert all(min(row[2:]) > 0.99 for row in table.rows[5:])


def test_the_look_ups_are_the_first_the_previous_and_the_one_before():
    numbers, answers = write(texts=3, seed=5)
    for place in range(FIRST_ASKED, LENGTH):
        wanted = numbers[:, [0, place - 1, place - 2]]
        assert answers[:, place - FIRST_ASKED].equal(wanted)


def test_the_first_seeds_look_ups_are_measured_again():
    again = {heads: right(of_seed(heads, seed=0)) for heads in (1, 4)}
    assert min(again[1]) < 0.75
    assert min(again[4]) > 0.99


def test_a_network_pulls_one_heads_blend_apart_slowly_and_not_quite():
    table = stored(7)[5]
    assert [row[:2] for row in table.rows] == [[n, seed] for n in (STEPS, LONGER) for seed in SEEDS]
    assert all(min(row[2:]) < 0.75 for row in table.rows[:5])
    assert all(0.9 < min(row[2:]) < 0.95 for row in table.rows[5:])


def test_a_model_trained_with_the_wrong_scale_learns_and_one_run_with_it_forgets_a_little():
    rows = {tuple(row[:3]): row[3:] for row in stored(7)[4].rows}
    assert len(rows) == 3 * len(MANY_HEADS)
    for heads in MANY_HEADS:
        worst, _ = rows[heads, "√D", "√E"]
        assert worst < rows[heads, "√D", "√D"][0]
        assert rows[heads, "√E", "√E"][0] > 0.99


def test_shared_keys_are_kept_once_per_group():
    table = stored(7)[-1]
    assert [row[0] for row in table.rows] == [g for g in KEY_HEADS for _ in shared_keys.SEEDS]
    assert [row[2] for row in table.rows] == [2 * 2 * row[0] * 24 for row in table.rows]
    layer = sharing(MultiHeadAttention(96, 4), key_heads=2)
    assert layer.key.out_features == layer.value.out_features == 48


def test_a_translator_with_shared_keys_has_them_in_all_its_attention():
    model = shared_keys.trained(1, load(), steps=1).model
    layers = [part for part in model.modules() if isinstance(part, MultiHeadAttention)]
    assert len(layers) == 6
    assert {layer.key_heads for layer in layers} == {1}
