"""Chapter 02's stored numbers say what the chapter says, and agree with one another."""

from itertools import pairwise
from statistics import fmean

import pytest
import torch

from attnlib.models.rnn_encoder import Encoder
from course.data.translation import load
from course.measurements import stored
from course.measurements.chapter_02 import half_exact, halves
from course.translation.train_contexts import CONTEXTS, SEEDS, Squeezed, untrained


def test_half_are_exact_where_the_line_between_two_groups_crosses_one_half():
    assert half_exact([0.9, 0.7, 0.3, 0.1]) == pytest.approx(8.5)
    assert half_exact([0.5, 0.1, 0.0, 0.0]) == pytest.approx(4)
    assert half_exact([1.0, 1.0, 1.0, 0.0]) == pytest.approx(11.5)
    for never in ([0.4, 0.3, 0.2, 0.1], [1.0, 1.0, 1.0, 0.9]):
        with pytest.raises(ValueError, match="fall from above one half to below it"):
            half_exact(never)


def test_the_stored_lengths_are_those_of_the_stored_shares():
    shares, lengths = stored(2)[2:4]
    found = {(row[0], row[1]): row[2:] for row in shares.rows}
    assert set(found) == {(context, seed) for context in CONTEXTS for seed in SEEDS}
    again = halves(found)
    assert (lengths.columns, lengths.rows) == (again.columns, again.rows)
    for context, *each, mean, least, most in lengths.rows:
        assert each == [half_exact(found[context, seed]) for seed in SEEDS]
        assert (mean, least, most) == (fmean(each), min(each), max(each))


def test_more_numbers_carry_longer_sentences():
    """And no seed of fewer numbers is as good as any of more."""
    spreads = [row[-2:] for row in stored(2)[3].rows]
    assert all(most < least for (_, most), (least, _) in pairwise(spreads))


def test_twice_the_training_helps_the_smallest_and_the_largest_by_about_a_word():
    first = {row[0]: row[1] for row in stored(2)[3].rows}
    for context, once, twice in stored(2)[4].rows:
        assert once == first[context]
        assert 0.7 < twice - once < 1.2


def test_with_all_its_numbers_the_squeezed_encoder_begins_as_the_plain_one():
    torch.manual_seed(0)
    squeezed = Squeezed(9, size=8, embedding_size=4, context=8)
    source, lengths = torch.randint(9, (3, 5)), torch.tensor([5, 4, 2])
    torch.testing.assert_close(
        squeezed(source, lengths).summary, Encoder.forward(squeezed, source, lengths).summary
    )


def test_only_so_many_numbers_cross_the_bridge():
    corpus = load()
    sentences = [pair.source for pair in corpus.test[:200]]
    for context in CONTEXTS:
        translator = untrained(context, corpus)
        source, lengths, _ = translator.batch(sentences, [()] * len(sentences))
        memory = translator.model.encode(source, lengths)
        assert torch.linalg.matrix_rank(memory.summary, rtol=1e-5) == context
