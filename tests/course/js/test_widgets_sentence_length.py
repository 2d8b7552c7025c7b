"""The sentence-length view marks the words that are wrong, and no others."""

import pytest

from course.widgets import Example, sentence_length

RIGHT = ["le", "chat", "noir", "dort"]


@pytest.mark.parametrize(
    ("written", "agrees"),
    [
        (RIGHT, [True, True, True, True]),
        (["le", "chien", "noir", "dort"], [True, False, True, True]),
        (["le", "chat", "dort"], [True, True, True]),
        (["le", "chat", "chat", "noir", "dort"], [True, True, False, True, True]),
        (["noir", "le", "chat"], [False, True, True]),
        ([], []),
    ],
)
def test_a_word_agrees_when_it_is_in_the_longest_common_subsequence(javascript, written, agrees):
    assert javascript("sentence_length.js", "agreeing", written, RIGHT) == agrees


def test_the_summary_counts_the_words_that_are_right(javascript):
    written = ["le", "chien", "dort"]
    said = javascript("sentence_length.js", "summary", "GRU", written, RIGHT)
    assert said == "GRU: 2 of 4 words right."
    assert javascript("sentence_length.js", "summary", "GRU", RIGHT, RIGHT) == "GRU: exact."


@pytest.mark.parametrize(("length", "shown"), [(3, 3), (6, 6), (7, 6), (8, 9), (30, 9)])
def test_the_nearest_example_is_shown(javascript, length, shown):
    examples = [{"length": length} for length in (3, 6, 9)]
    assert javascript("sentence_length.js", "nearest", examples, length)["length"] == shown


def test_what_does_not_fit_is_refused():
    example = Example(3, ["a", "cat", "sleeps"], RIGHT, [RIGHT, RIGHT])
    with pytest.raises(ValueError, match="models must name two models, got 1"):
        sentence_length(["GRU"], [3], [[1.0]], [example], trained_to=24)
    with pytest.raises(ValueError, match="two curves of 1 points"):
        sentence_length(["GRU", "other"], [3], [[1.0], [1.0, 0.5]], [example], trained_to=24)
    with pytest.raises(ValueError, match="at least one"):
        sentence_length(["GRU", "other"], [3], [[1.0], [1.0]], [], trained_to=24)
