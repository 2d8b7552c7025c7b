"""Chapter 15's stored numbers: equally large models that keep what the table says, five seeds."""

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
