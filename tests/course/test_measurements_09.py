"""Chapter 09's measurements, on a few sentences: what stands in which column."""

from statistics import fmean
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from course import checkpoints
from course.data.translation import load
from course.measurements import long_sentences, stored
from course.measurements.chapter_09 import norms, parts, quality, search, searches
from course.translation import alignment, bleu, pretrained, train_long, train_parts
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


def test_long_sentences_are_told_as_in_the_other_tables():
    quality_table, beyond = stored(9)[0], stored(9)[3]
    gru, waves, *others = beyond.rows
    (longest,) = [row for row in stored(2)[0].rows if row[0] == "translation_gru_additive"]
    assert gru[2] == longest[-1]
    assert 100 * waves[2] == pytest.approx(quality_table.rows[-1][2])
    assert all(row[2] > 2 * waves[2] for row in others)
    assert all(row[1] > 0.99 for row in beyond.rows)
    assert [row[0] for row in beyond.rows] == list(long_sentences.ROWS)


def test_looking_right_is_measured_on_the_longer_sentences(translator, longer, monkeypatch):
    monkeypatch.setattr(long_sentences, "load", lambda: SimpleNamespace(longer=longer))
    choice = alignment.Choice("decoder.1.cross_attention", (0, 1))
    links = alignment.attention_links(translator, longer, choice)
    hits = [
        link in pair.alignment for found, pair in zip(links, longer, strict=True) for link in found
    ]
    assert long_sentences.found(translator, choice) == pytest.approx(fmean(hits))


def test_a_position_scheme_changes_nothing_else_of_the_translators_recipe():
    corpus = load()
    job = train_long.prepare("rotary", train_long.RECIPE, corpus)
    shipped = checkpoints.details("translation_transformer")
    told = job.told()
    assert told["recipe"] == shipped["recipe"]
    assert told["sizes"] == shipped["sizes"]
    assert told["parameters"] == shipped["parameters"]  # RoPE has none of its own


def test_the_parts_table_is_the_mean_of_its_runs():
    assert stored(9)[4].rows == parts().rows
    runs = train_parts.stored()
    assert set(runs) == set(train_parts.RUNS)
    for row in stored(9)[4].rows:
        for layers, mean, seeds in zip(train_parts.LAYERS, row[1::3], row[3::3], strict=True):
            some = [runs[train_parts.Run(row[0], layers, seed)] for seed in train_parts.SEEDS]
            assert mean == pytest.approx(sum(some) / len(some))
            assert seeds == len(some)


def test_what_the_chapter_says_of_each_missing_part():
    runs = train_parts.stored()
    for layers in train_parts.LAYERS:
        for seed in train_parts.SEEDS:
            share = {part: runs[part, layers, seed] for part in train_parts.MISSING}
            assert share["residual"] == share["all but attention"] == 0
            assert share["feed-forward"] < share["nothing"] < share["norm"]


@pytest.mark.parametrize("missing", train_parts.MISSING)
def test_a_missing_part_is_missing(missing):
    model = train_parts.untrained(train_parts.Run(missing, 2, 0), load()).model
    residuals = [
        part
        for layer in (*model.encoder, *model.decoder)
        for name, part in layer.named_children()
        if name.endswith("residual")
    ]
    kinds = {type(part).__name__ for part in residuals}
    assert ("Replace" in kinds) == (missing in ("residual", "all but attention"))
    assert ("Skip" in kinds) == (missing in ("feed-forward", "all but attention"))
    norms = [isinstance(part.norm, nn.LayerNorm) for part in residuals if hasattr(part, "norm")]
    assert all(norms) == (missing not in ("norm", "all but attention"))
    assert any(norms) == all(norms)
    x = torch.ones(1, 3, 64)
    for part in residuals:
        found = part.eval()(x, torch.zeros_like)
        if missing == "all but attention" and type(part).__name__ == "Replace":
            assert not found.any()


def test_a_part_that_is_no_part_is_refused():
    with pytest.raises(ValueError, match=r"missing must be one of .*got 'mask'"):
        train_parts.untrained(train_parts.Run("mask", 2, 0), load())


def test_runs_are_kept_and_read_again(tmp_path):
    runs = {train_parts.Run("norm", 2, 1): 0.5, train_parts.Run("nothing", 6, 0): 0.25}
    train_parts.keep(runs, tmp_path / "runs.json")
    assert train_parts.stored(tmp_path / "runs.json") == runs
