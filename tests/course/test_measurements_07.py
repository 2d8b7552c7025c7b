"""Chapter 07's numbers: every head, every layer, every kind of attention, on test sentences."""

import pytest

from attnlib.inspect.ablation import head_counts
from course.data.translation import load
from course.measurements import stored
from course.measurements.chapter_07 import groups, quality, sample
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
    one_off, one_kept, whole = stored(7)
    assert [row[:2] for row in one_off.rows[1:]] == heads
    assert [row[:2] for row in one_kept.rows[1:]] == heads
    assert [row[0] for row in whole.rows[1:]] == list(groups(head_counts(translator.model)))
