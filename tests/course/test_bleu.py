"""Corpus BLEU, against cases worked by hand."""

import pytest

from course.translation import bleu


def test_the_same_text_scores_100():
    assert bleu(["abcd", "abcde"], ["abcd", "abcde"]) == pytest.approx(100)


def test_a_repeated_word_counts_no_more_often_than_it_stands_in_the_reference():
    # of five a, one counts; no run of two is shared, so the score is 0 and not a lucky number
    assert bleu(["aaaaa"], ["abcde"]) == 0
    # runs of one: 4 of 5, of two: 3 of 4, of three: 2 of 3, of four: 1 of 2; five words each
    assert bleu(["abcdd"], ["abcde"]) == pytest.approx(
        100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    )


def test_a_text_that_is_too_short_is_penalized():
    # every run is right, 4 words of 8: exp(1 − 8/4)
    assert bleu(["abcd"], ["abcdefgh"]) == pytest.approx(36.787944)


def test_a_missing_reference_is_named():
    with pytest.raises(ValueError, match="references must have 2 sentences like written, got 1"):
        bleu(["a", "b"], ["a"])
