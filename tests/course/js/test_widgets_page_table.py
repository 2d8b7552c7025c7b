"""page_table: the pool after every event, against attnlib's own pages."""

import pytest
import torch

from attnlib.caches import PagedKVCache, PagePool
from course.widgets._page_table import EVENTS, RESERVED, ROOM, SIZES, page_table

VIEW = "page_table.js"
TOLD = [list(event) for event in EVENTS]


def by_attnlib(size):
    """The tables and lengths after every event, and the events that found too few pages."""
    pool = PagePool(ROOM // size, size, key_heads=1, head_size=1)
    caches, states, waited = {}, [], []
    for number, (who, does, count) in enumerate(EVENTS):
        if does == "ends":
            caches.pop(who).release()
        elif does.startswith("forks"):
            caches[who] = caches[does.split()[1]].fork()
        else:
            cache, tokens = caches.get(who, PagedKVCache(pool)), torch.zeros(1, 1, count, 1)
            try:
                cache.update(tokens, tokens)
                caches[who] = cache
            except RuntimeError:
                waited.append(number)
        states.append({name: (cache.table, cache.length) for name, cache in caches.items()})
        states[-1] = {name: (list(table), length) for name, (table, length) in states[-1].items()}
    return states, waited


@pytest.mark.parametrize("size", SIZES)
def test_the_tables_are_those_of_attnlib_after_every_event(javascript, size):
    _, *walked = javascript(VIEW, "walk", TOLD, ROOM, size)
    states, waited = by_attnlib(size)
    found = [
        {name: (state["tables"][name], state["lengths"][name]) for name in state["tables"]}
        for state in walked
    ]
    assert found == states
    assert [number for number, state in enumerate(walked) if state["waits"]] == waited


def test_with_large_pages_somebody_waits_and_with_small_ones_nobody():
    assert [len(by_attnlib(size)[1]) > 0 for size in SIZES] == [False, False, True]


def test_a_copy_is_made_when_a_shared_page_is_written_to_and_only_then(javascript):
    walked = javascript(VIEW, "walk", TOLD, ROOM, 4)
    copies = [state["copied"] for state in walked]
    assert [place for place, copied in enumerate(copies) if copied is not None] == [7]
    old, new = copies[7]
    slots = [page["slots"] for page in walked[7]["pages"]]
    assert slots[old] == ["A", "A", "A", ""]
    assert slots[new] == ["A", "A", "A", "A"]


def test_the_counts_add_up(javascript):
    for state in javascript(VIEW, "walk", TOLD, ROOM, 4):
        counted = javascript(VIEW, "counted", state)
        assert counted["tokens"] == sum(state["lengths"].values())
        assert counted["stored"] <= min(counted["tokens"], counted["room"])
        assert counted["room"] + 4 * counted["free"] == ROOM


def test_the_sentence_says_what_happened(javascript):
    def said(step, size=4):
        walked = javascript(VIEW, "walk", TOLD, ROOM, size)
        return javascript(VIEW, "describe", walked, step, TOLD, RESERVED, ROOM)

    assert said(0) == "8 pages of 4 tokens, all free."
    assert said(1).startswith("A reads 6 tokens. 1 sequence with 6 tokens; 2 places reserved")
    assert said(6).startswith("C forks A: nothing is copied. 3 sequences with 19 tokens, of which ")
    assert "page 1 was shared, its copy is page 4" in said(7)
    assert any("it has to wait" in said(step, 8) for step in range(len(EVENTS) + 1))


@pytest.mark.parametrize("wrong", [{"step": 15}, {"step": -1}, {"size": 3}])
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        page_table(**wrong)
