"""Chapter 15's stored numbers: equally large models that keep what the table says, five seeds."""

from statistics import fmean

import pytest
import torch

from attnlib.caches import KVCache, LatentCache
from attnlib.masks import Causal
from course.language.today import parameters
from course.measurements import stored
from course.measurements.cache_schemes import SEEDS, SIZE, WAYS, as_large_as_the_first
from course.measurements.chapter_15 import FIRST, tables

SUMMARY, EACH = stored(15)
FOUND = {row[0]: row[1:] for row in EACH.rows}


def test_the_summary_is_that_of_the_seeds():
    assert list(map(as_stored, tables(FOUND))) == [SUMMARY, EACH]


def as_stored(table):
    """JSON knows lists alone."""
    return type(table)(
        table.title, list(table.columns), [list(row) for row in table.rows], table.command,
        table.percent, table.digits,
    )  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_every_way_has_all_seeds_and_equal_parameters(name):
    assert len(FOUND[name]) == len(SEEDS)
    wanted = parameters(as_large_as_the_first(WAYS[FIRST])())
    assert parameters(as_large_as_the_first(WAYS[name])()) == pytest.approx(wanted, rel=0.003)


@pytest.mark.parametrize("name", WAYS)
def test_a_layer_keeps_as_many_numbers_of_a_token_as_the_table_says(name):
    layer = as_large_as_the_first(WAYS[name])().blocks[0].attention
    latent = WAYS[name].latent_size is not None
    cache = LatentCache() if latent else KVCache()
    with torch.no_grad():
        layer(torch.randn(1, 5, SIZE), mask=Causal(), cache=cache)
        kept = (cache.latent, cache.rotary_key) if latent else held(cache, layer)
    assert sum(part.numel() for part in kept) == 5 * WAYS[name].kept


def held(cache, layer):
    nothing = torch.zeros(1, layer.key_heads, 0, layer.head_size)
    return cache.update(nothing, nothing)


def test_what_is_not_kept_costs_and_a_latent_as_small_costs_as_much():
    halves, quarters = ("GQA, 2 of 4", "MLA, 56 + 8"), ("MQA", "MLA, 24 + 8")
    for shared in (halves[0], quarters[0], quarters[1]):
        assert all(less > full for less, full in zip(FOUND[shared], FOUND[FIRST], strict=True))
    cost = {name: fmean(nats) - fmean(FOUND[FIRST]) for name, nats in FOUND.items()}
    assert all(0.03 < cost[name] < 0.05 for name in halves)
    assert all(0.10 < cost[name] < 0.12 for name in quarters)
    for shared, latent in (halves, quarters):
        spread = max(FOUND[latent]) - min(FOUND[latent])
        assert abs(cost[shared] - cost[latent]) < spread
