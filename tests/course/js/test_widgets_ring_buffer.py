"""ring_buffer: what a chunk finds, against attnlib's ring, and against one that writes first."""

from itertools import product

import pytest
import torch

from attnlib.caches import SlidingKVCache
from course.widgets._ring_buffer import found, ring_buffer, wanted

VIEW = "ring_buffer.js"
CASES = [(5, 3, 4), (0, 4, 2), (8, 1, 6), (3, 4, 3), (1, 2, 6), (8, 4, 4)]  # before, chunk, window


def numbered(first, count):
    """Keys that are their tokens' numbers."""
    return torch.arange(first, first + count, dtype=torch.float32)[None, None, :, None]


@pytest.mark.parametrize(("before", "chunk", "window"), CASES)
def test_a_ring_that_is_read_first_gives_what_attnlibs_gives(javascript, before, chunk, window):
    cache = SlidingKVCache(window)
    cache.update(numbered(0, before), numbered(0, before))
    seen, _ = cache.update(numbered(before, chunk), numbered(before, chunk))
    there = javascript(VIEW, "found", before, chunk, window, False)
    assert (
        there == [int(one) for one in seen.flatten()] == list(found(before, chunk, window, False))
    )


@pytest.mark.parametrize(("before", "chunk", "window"), CASES)
def test_a_ring_that_is_written_first_holds_its_last_tokens(javascript, before, chunk, window):
    held = [-1] * window
    for token in range(before + chunk):
        held[token % window] = token
    assert javascript(VIEW, "ring", before + chunk, window) == held
    there = javascript(VIEW, "found", before, chunk, window, True)
    assert there == sorted(one for one in held if one >= 0)
    assert there == list(found(before, chunk, window, True))


def test_only_chunks_that_are_written_first_lose_keys_and_single_tokens_never(javascript):
    for (before, chunk, window), hasty in product(CASES, (False, True)):
        looks = javascript(VIEW, "looks", before, chunk, window, hasty)
        for look in looks:
            assert sorted(look["sees"] + look["misses"]) == list(wanted(look["query"], window))
        lost = any(look["misses"] for look in looks)
        assert lost == (hasty and before + chunk > window and chunk > 1)


def test_the_sentence_says_what_is_lost(javascript):
    said = javascript(VIEW, "describe", 5, 3, 4, False)
    assert said == (
        "Tokens 5 to 7 come to a ring of 4. Together their queries need 6 keys, 2 to 7. Every "
        "query finds what it needs."
    )
    said = javascript(VIEW, "describe", 5, 3, 4, True)
    assert said.endswith("Overwritten: query 5 misses 2, 3; query 6 misses 3.")


def test_the_still_picture_shows_what_is_lost():
    assert "lost: 2, 3<" in ring_buffer(hasty=True).still
    assert "lost" not in ring_buffer().still


@pytest.mark.parametrize("wrong", [{"before": 9}, {"chunk": 0}, {"window": 7}])
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        ring_buffer(**wrong)
