"""Chapter 15's stored numbers: equally large models that keep what the table says, five seeds."""

from statistics import fmean

import pytest
import torch

from attnlib import Attend
from attnlib.caches import KVCache, LatentCache
from attnlib.heads import LatentAttention
from attnlib.masks import Causal
from course.language.today import parameters
from course.measurements import stored, translator_caches
from course.measurements.cache_schemes import SEEDS, SIZE, WAYS, as_large_as_the_first
from course.measurements.chapter_15 import FIRST, tables, tables_of_translators

SUMMARY, EACH, *TRANSLATORS = stored(15)
FOUND = {row[0]: row[1:] for row in EACH.rows}
TRANSLATED = {
    name: [row[2:] for row in TRANSLATORS[-1].rows if row[0] == name]
    for name in translator_caches.WAYS
}


def test_the_summary_is_that_of_the_seeds():
    assert list(map(as_stored, tables(FOUND))) == [SUMMARY, EACH]
    assert list(map(as_stored, tables_of_translators(TRANSLATED))) == TRANSLATORS


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


def test_every_translator_has_all_seeds_and_equal_parameters():
    seeds = list(translator_caches.SEEDS)
    ways = translator_caches.WAYS
    told = [[name, seed] for name in ways for seed in seeds]
    assert [row[:2] for row in TRANSLATORS[-1].rows] == told
    wanted, *others = (
        parameters(translator_caches.as_large_as_the_first(way)()) for way in ways.values()
    )
    assert others == pytest.approx([wanted] * len(others), rel=0.001)


@pytest.mark.parametrize("name", translator_caches.WAYS)
@torch.no_grad()
def test_a_decoder_layer_keeps_as_many_numbers_of_a_word_as_the_table_says(name):
    way = translator_caches.WAYS[name]
    model = translator_caches.as_large_as_the_first(way)()
    words = torch.randn(1, 5, translator_caches.SIZE)
    for layer in model.decoder:
        for attention in (layer.self_attention, layer.cross_attention):
            if way.latent_size is None:
                kept = attention.project(words)[1:]
            else:
                assert attention.key[0] is attention.value[0]  # one latent for both
                kept = [attention.key[0](words)]
            assert sum(part.numel() for part in kept) == 5 * way.kept
    assert all(layer.self_attention.key_heads == 4 for layer in model.encoder)


@torch.no_grad()
def test_the_translators_latent_is_attnlibs_without_a_key_that_turns():
    torch.manual_seed(0)
    way = translator_caches.WAYS["MLA, 32"]
    ours, size, heads = way.attention(), translator_caches.SIZE, translator_caches.HEADS
    for layer in (ours.query, ours.output):
        layer.bias.zero_()  # LatentAttention has none
    theirs = LatentAttention(
        size, heads, head_size=size // heads, latent_size=32, rotary_size=2, pairing=None
    )
    theirs.attend = Attend(scale=(size // heads) ** -0.5)  # as if there were no other key
    for parameter in theirs.rotary_key.parameters():
        parameter.zero_()
    theirs.query.weight.zero_()
    theirs.query.weight.unflatten(0, (heads, -1))[:, : size // heads] = ours.query.weight.unflatten(
        0, (heads, -1)
    )
    theirs.down.weight, theirs.norm.weight = ours.key[0][0].weight, ours.key[0][1].weight
    theirs.up_key.weight, theirs.up_value.weight = ours.key[1].weight, ours.value[1].weight
    theirs.output.weight = ours.output.weight
    x = torch.randn(2, 7, size)
    torch.testing.assert_close(ours(x, mask=Causal()), theirs(x, mask=Causal()))


def test_a_translator_that_keeps_less_is_more_surprised_with_every_seed():
    losses = {name: [loss for _, _, loss in seeds] for name, seeds in TRANSLATED.items()}
    cost = {name: fmean(nats) - fmean(losses[FIRST]) for name, nats in losses.items()}
    first, *others = losses.values()
    assert all(less > full for nats in others for less, full in zip(nats, first, strict=True))
    for halves, quarters in (("GQA, 2 of 4", "MQA"), ("MLA, 64", "MLA, 32")):
        assert 0.03 < cost[halves] < 0.035
        assert 0.055 < cost[quarters] < 0.07
    for shared, latent in (("GQA, 2 of 4", "MLA, 64"), ("MQA", "MLA, 32")):
        spread = max(losses[latent]) - min(losses[latent])
        assert abs(cost[shared] - cost[latent]) < spread


def test_fewer_sentences_come_out_right_with_every_seed_only_for_a_quarter_of_the_cache():
    exact = {name: [right for right, _, _ in seeds] for name, seeds in TRANSLATED.items()}
    means = [round(fmean(shares)) for shares in exact.values()]
    assert means == [63, 61, 61, 59, 59]
    assert [round(end(exact[FIRST])) for end in (min, max)] == [61, 66]
    behind = {
        name: sum(less < full for less, full in zip(shares, exact[FIRST], strict=True))
        for name, shares in exact.items()
    }
    assert behind == {FIRST: 0, "GQA, 2 of 4": 3, "MLA, 64": 4, "MQA": 5, "MLA, 32": 5}
