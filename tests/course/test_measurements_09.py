"""Chapter 09's measurements, on a few sentences: what stands in which column."""

import pytest

from course.data.translation import load
from course.measurements import stored
from course.measurements.chapter_09 import norms, quality, search, searches
from course.translation import bleu, pretrained
from course.translation.evaluation import exact_match


@pytest.fixture(scope="module")
def translator():
    return pretrained.load("translation_transformer")


@pytest.fixture(scope="module")
def longer():
    return load().longer[:12]


@pytest.fixture(scope="module")
def greedy(translator, longer):
    return search(translator, longer, 1)


def test_quality_is_exact_match_and_bleu_of_the_greedy_translations(translator, longer, greedy):
    (row,) = quality(translator, longer, greedy).rows
    assert row[:2] == ["25-30", 12]
    assert row[2] == pytest.approx(100 * exact_match(translator, longer))
    written = translator.greedy([pair.source for pair in longer])
    assert row[3] == pytest.approx(bleu(written, [pair.target for pair in longer]))


def test_a_search_is_likelier_only_where_its_sentence_is(longer, greedy):
    one, other = greedy[:2]
    table = searches({"two": longer[:2]}, {"two": [one, other]}, {"two": [one, one]})
    likelier = one.log_probability > other.log_probability
    assert [row[4] for row in table.rows] == [int(not likelier), int(likelier)]
    assert table.rows[1][5] == 2


def test_the_stored_tables_have_what_the_chapter_tells():
    quality_table, searches_table, norm_table = stored(9)[:3]
    assert sum(row[1] for row in quality_table.rows) == 2500
    assert norm_table.rows == norms().rows
    log_p = [row[3] for row in searches_table.rows]
    assert log_p[3] > log_p[2]  # the beam finds likelier ones among the longer sentences
