"""bytes_sent: the curves are the formulas, and the formulas are what attnlib's processes send."""

import itertools

import pytest
import torch
from torch import distributed as dist

from attnlib import masks
from attnlib.parallel import head_parallel_attention, ring_attention
from course.across import counted, together
from course.widgets import _bytes_sent
from course.widgets._bytes_sent import OPTIONS, bytes_sent, sent

VIEW = "bytes_sent.js"
ENDS = [(options[0], options[len(options) // 2], options[-1]) for options in OPTIONS.values()]


@pytest.mark.parametrize("chosen", list(itertools.product(*ENDS)))
def test_the_bytes_are_the_formulas(javascript, chosen):
    assert javascript(VIEW, "sent", *chosen, bytes_sent().view.constants) == sent(*chosen)


HEADS, SIZE, WINDOW = 8, 4, 6


def layer(rank, processes):
    """What one process of a small layer really sends, in 32 bits."""
    query, key = torch.zeros(1, HEADS, 8, SIZE), torch.zeros(1, 4, 8, SIZE)
    window = masks.Causal() & masks.Window(WINDOW)
    ways = {
        "ring": lambda: ring_attention(query, key, key),
        "window": lambda: ring_attention(query, key, key, mask=window),
        "heads": lambda: head_parallel_attention(query, key, key),
    }
    found = {}
    for way, run in ways.items():
        with counted() as counter:
            run()
        found[way] = counter.bytes
        dist.barrier()
    return found


def test_processes_really_send_so_many_bytes(monkeypatch):
    for name, value in {"HEADS": HEADS, "SIZE": SIZE, "BYTES": 4, "WINDOW": WINDOW}.items():
        monkeypatch.setattr(_bytes_sent, name, value)
    assert together(layer, 4) == [sent(4, 32, 4)] * 4


def test_the_sentence_says_what_is_sent_and_where_heads_do_not_divide(javascript):
    constants = bytes_sent().view.constants
    assert javascript(VIEW, "describe", 8, 131072, 8, constants) == (
        "8 processes, 131,072 tokens: each sends 470 MB in a ring, 67.1 MB under a window of "
        "4,096; 294 MB with heads shared out."
    )
    said = javascript(VIEW, "describe", 16, 131072, 8, constants)
    assert said.endswith("8 key heads do not divide among 16.")
    assert javascript(VIEW, "describe", 2, 16384, 1, constants).endswith(
        "1 key head does not divide among 2."
    )


@pytest.mark.parametrize("name", OPTIONS)
def test_what_no_control_offers_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        bytes_sent(**{name: 3})
