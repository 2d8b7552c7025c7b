"""Chapter 16's needles: the texts are what they say, and the stored shares carry its sentences."""

from statistics import median

import pytest
import torch

from course.measurements import stored
from course.measurements.chapter_16 import (
    IN_BLOCKS,
    LENGTHS,
    PARTS,
    POSITIONS,
    SCALINGS,
    SEEDS,
    SPARSE,
)
from course.measurements.needle_layers import ENTRIES, TaughtCompressedSparse
from course.measurements.needles import (
    FACTS,
    HELD_OUT,
    KEYS,
    TEXTS,
    VALUES,
    Finder,
    by_company,
    by_place,
    found,
    trained,
    write,
)

NAMES = [
    "RoPE",
    *SCALINGS,
    *(name for name in POSITIONS if name != "RoPE"),
    *(f"near, then {kind}" for kind in SPARSE),
]


@pytest.mark.parametrize("length", LENGTHS)
def test_each_answer_stands_behind_its_key_and_nowhere_else(length):
    tokens, values, places = write(6, length, seed=3)
    assert tokens.shape == (6, length)
    for text, wanted, where in zip(tokens.tolist(), values.tolist(), places.tolist(), strict=True):
        asked = text[-FACTS:]
        assert len(set(asked)) == FACTS
        for key, value, place in zip(asked, wanted, where, strict=True):
            assert [i for i, token in enumerate(text[:-FACTS]) if token == key] == [place]
            assert text[place + 1] == KEYS + value
        told = [token for token in text[:-FACTS] if token < KEYS + VALUES]
        assert len(told) == 2 * FACTS


@pytest.mark.parametrize("kind", ["RoPE", "NoPE", *SPARSE])
def test_no_answer_knows_a_later_token(kind):
    torch.manual_seed(0)
    model = Finder(("near", kind)).eval()
    tokens, _, _ = write(1, 64, seed=0)
    other = tokens.clone()
    other[0, 40] = (tokens[0, 40] + 1) % KEYS
    changed = (model(other) - model(tokens)).abs().amax(dim=-1)[0] > 1e-6
    assert not changed[:40].any()
    assert changed[40:].any()


def test_needles_are_counted_in_the_part_where_they_stand():
    hits, places = torch.tensor([[1, 0, 1, 1]]), torch.tensor([[0, 2, 30, 54]])
    assert by_place(hits, places, 64, 2).tolist() == [0.5, 1.0]


def test_a_needle_has_company_where_another_stands_in_its_block():
    hits, places = torch.tensor([[1, 0, 1, 1]]), torch.tensor([[0, 6, 8, 16]])
    assert by_company(hits, places, 8) == [1.0, 0.5]
    assert by_company(hits, places, 2) == [0.75, pytest.approx(float("nan"), nan_ok=True)]


def test_compressed_entries_are_all_seen_while_the_indexer_learns_and_few_afterwards():
    torch.manual_seed(0)
    mixer, x = TaughtCompressedSparse(), torch.randn(2, 64, 64)
    mixer(x)
    assert mixer.layer.count >= 64
    mixer.lesson.backward()
    assert mixer.layer.index_query.weight.grad.isfinite().all()
    assert mixer.layer.state.weight.grad is None
    mixer.eval()(x)
    assert mixer.layer.count == ENTRIES


def shares():
    """The five seeds' shares by network and length."""
    table = stored(16)[0]
    assert list(dict.fromkeys(row[0] for row in table.rows)) == NAMES
    return {
        name: {
            length: [row[2 + i] for row in table.rows if row[0] == name]
            for i, length in enumerate(LENGTHS)
        }
        for name in NAMES
    }


def test_every_network_has_five_seeds_and_shares_of_whole_needles():
    table = stored(16)[0]
    for name in NAMES:
        assert [row[1] for row in table.rows if row[0] == name] == list(SEEDS)
    for row in table.rows:
        for share in row[2:]:
            assert share * TEXTS * FACTS == pytest.approx(round(share * TEXTS * FACTS))


def test_the_shares_by_place_are_those_by_length():
    found, by_part = stored(16)[:2]
    assert [row[:2] for row in by_part.rows] == [[name, n] for name in NAMES for n in LENGTHS]
    for name, length, *parts in by_part.rows:
        column = 2 + LENGTHS.index(length)
        mean = sum(row[column] for row in found.rows if row[0] == name) / len(SEEDS)
        _, _, places = write(TEXTS, length, HELD_OUT)
        held = (places * PARTS // (length - FACTS)).flatten().bincount(minlength=PARTS)
        together = sum(share * n for share, n in zip(parts, held.tolist(), strict=True))
        assert mean == pytest.approx(together / (TEXTS * FACTS), abs=0.0005)


def test_scaled_turns_bring_the_needles_back_and_yarn_all_of_them():
    by = shares()
    assert min(by["RoPE"][64]) > 0.99
    assert max(by["RoPE"][512]) < 0.75
    assert max(by["RoPE, interpolated"][64]) < 0.7 < min(by["RoPE, interpolated"][512])
    assert min(by["RoPE, NTK-aware"][64]) > 0.99
    assert max(by["RoPE, NTK-aware"][512]) < 0.95
    for length in LENGTHS:
        assert min(by["RoPE, YaRN"][length]) > 0.97
    assert min(by["RoPE, YaRN's turns"][512]) < 0.75


def test_near_then_far_without_positions_finds_all_and_the_indexer_nearly():
    by = shares()
    assert min(min(by["near, then NoPE"][length]) for length in LENGTHS) == 1
    assert min(min(by["near, then indexer"][length]) for length in LENGTHS) > 0.95
    assert 0.85 < min(by["near, then MoBA"][64]) < max(by["near, then MoBA"][64]) < 0.97
    assert 0.65 < min(by["near, then MoBA"][512]) < max(by["near, then MoBA"][512]) < 0.78


def test_with_turns_in_the_far_layer_a_third_is_lost_and_with_none_nothing():
    turned = shares()["near, then RoPE"]
    assert min(turned[64]) > 0.99
    assert 0.4 < min(turned[512]) < median(turned[512]) < 0.7
    assert max(turned[512]) < 0.76


def test_a_drawn_pattern_finds_what_stands_in_its_blocks_and_compression_loses_what_is_crowded():
    by = shares()
    assert 0.08 < min(by["near, then BigBird"][512]) < max(by["near, then BigBird"][512]) < 0.13
    for kind, least, most in (("NSA", 0.79, 0.88), ("CSA", 0.83, 0.87), ("HCA", 0.64, 0.68)):
        found = by[f"near, then {kind}"]
        assert least < min(found[64]) < max(found[64]) < most
        assert min(found[256]) > max(found[64])
    assert min(by["near, then NSA"][512]) > 0.975
    for kind in ("CSA", "HCA"):
        assert min(by[f"near, then {kind}"][512]) > 0.84


def test_a_needle_alone_in_its_entry_is_found_and_more_lessons_find_no_room_for_two():
    table = stored(16)[4]
    names = [f"near, then {kind}" for kind in IN_BLOCKS]
    assert [row[:2] for row in table.rows] == [[name, seed] for name in names for seed in SEEDS]
    by = {}
    for name in names:
        mine = [row for row in table.rows if row[0] == name]
        by[name] = dict(zip(table.columns, zip(*mine, strict=True), strict=True))
    for name in names[1:]:
        assert min(by[name]["alone"]) == 1
    for kind, least, most in (("CSA", 0.75, 0.80), ("HCA", 0.40, 0.455)):
        company = by[f"near, then {kind}"]["in company"]
        assert least < min(company) < max(company) < most
    assert min(by["near, then NSA"]["512 tokens"]) > 0.98
    assert 0.88 < min(by["near, then NSA"]["64 tokens"]) < median(by["near, then NSA"]["64 tokens"])
    assert max(by["near, then MoBA"]["512 tokens"]) < 0.72


def test_a_network_learns_in_seconds_to_find_needles_eight_times_as_far():
    model = trained(("near", "NoPE"), seed=0, steps=150)
    hits, _ = found(model, 512, texts=4)
    assert hits.double().mean() > 0.95
