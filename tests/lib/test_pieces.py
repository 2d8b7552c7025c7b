"""A mask as pieces: the same as its matrix, and computed one by one the same as all at once."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles.agreement import CASES, EXACT, assert_agree, normal

from attnlib import attention, explain, kernels, masks
from attnlib.kernels._pieces import work

IDS = torch.tensor([3, 3, 3, 0, 0, 7, 7, 7, 7])
TWO = torch.stack((IDS, torch.tensor([1] * 4 + [2] * 5)))
LENGTHS = torch.tensor([5, 9])
CAUSAL, NARROW = masks.Causal(), masks.Causal() & masks.Window(2)
LEFT, RIGHT = masks.Padding(LENGTHS, side="left"), masks.Padding(LENGTHS)

SQUARE = {  # over 9 tokens
    "documents": masks.Document(IDS),
    "documents of each sequence": masks.Document(TWO),
    "causal documents": CAUSAL & masks.Document(TWO),
    "documents with a window": masks.Document(IDS) & NARROW,
    "padding": RIGHT,
    "padding of a sequence without keys": masks.Padding(torch.tensor([0, 4])),
    "padding of nothing": masks.Padding(torch.tensor([9, 9])),
    "left padding": LEFT,
    "causal padding": CAUSAL & RIGHT,
    "causal left padding": LEFT & CAUSAL,
    "left padding with a window": LEFT & NARROW,
    "prefix": CAUSAL | masks.Prefix(4),
    "prefix alone": masks.Prefix(4),
    "no prefix": masks.Prefix(0),
    "chunks": masks.Chunk(4),
    "causal chunks": CAUSAL & masks.Chunk(4),
    "blocks": masks.BigBird(2, everywhere=0, window=1, random=1),
    "blocks open to all": masks.BigBird(4, random=0),
}
FEWER = ["documents", "documents of each sequence", "causal documents", "padding", "left padding"]
FEWER += ["causal left padding", "chunks", "causal chunks", "prefix alone", "blocks"]
EVERY = [(name, mask, 9) for name, mask in SQUARE.items()]
EVERY += [(f"{name}, {rows} rows", SQUARE[name], rows) for name in FEWER for rows in (1, 4)]
every = pytest.mark.parametrize(("mask", "rows"), [e[1:] for e in EVERY], ids=[e[0] for e in EVERY])


def drawn(known, rows, columns):
    """What the pieces say, as a matrix for each sequence."""
    allowed = torch.zeros(len(known), 1, rows, columns, dtype=torch.bool)
    for sequence, pieces in enumerate(known):
        assert [row for piece in pieces for row in piece.queries] == list(range(rows))
        for piece in pieces:
            keys = [key for stretch in piece.keys for key in stretch]
            asking = len(piece.queries) + piece.above
            seen = torch.ones(asking, len(keys), dtype=torch.bool)
            if piece.mask is not None:
                seen = piece.mask.dense(asking, len(keys))[0, 0]
            for row, line in zip(piece.queries, seen[piece.above :], strict=True):
                allowed[sequence, 0, row, keys] = line
    return allowed


@every
def test_pieces_are_the_mask(mask, rows):
    known = mask.pieces(rows, 9)
    matrix = mask.dense(rows, 9)
    assert torch.equal(drawn(known, rows, 9).expand(2, 1, rows, 9), matrix.expand(2, 1, rows, 9))


def numbers(rows, columns=9, heads=4):
    return (
        normal(2, heads, rows, 4),
        normal(2, 2, columns, 4, seed=1),
        normal(2, 2, columns, 3, seed=2),
    )


@every
def test_piece_by_piece_gives_the_same_output_and_gradients(mask, rows):
    states = numbers(rows)
    ours = attention(*states, mask=mask, impl="pieces", scale=0.7).output
    assert_agree(ours, attention(*states, mask=mask, impl="reference", scale=0.7).output, states)


@every
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf])
def test_what_no_piece_holds_is_not_read(mask, rows, rubbish):
    query, key, value = numbers(rows)
    allowed = mask.dense(rows, 9).expand(2, -1, rows, 9)
    asks, seen = allowed.any(-1).unsqueeze(-1), allowed.any(-2).unsqueeze(-1)
    dirty = [
        states.detach().masked_fill(~real, rubbish).requires_grad_()
        for states, real in ((query, asks), (key, seen), (value, seen))
    ]
    clean = attention(query, key, value, mask=mask, impl="reference").output
    output = attention(*dirty, mask=mask, impl="pieces").output
    torch.testing.assert_close(output, clean, **EXACT)
    wanted = torch.autograd.grad(clean.sum(), (query, key, value))
    torch.testing.assert_close(torch.autograd.grad(output.sum(), dirty), wanted, **EXACT)


@CASES
@given(data=st.data())
def test_any_packing_is_its_pieces(data):
    length = data.draw(st.integers(1, 12))
    rows = data.draw(st.integers(1, length))
    ids = torch.tensor([data.draw(st.lists(st.integers(0, 2), min_size=length, max_size=length))])
    mask = masks.Document(ids)
    mask = data.draw(st.sampled_from([mask, masks.Causal() & mask, mask & NARROW]))
    known = mask.pieces(rows, length)
    runs = torch.unique_consecutive(ids[0])
    assert (known is None) == (len(runs) > len(set(runs.tolist())))
    if known is not None:
        assert torch.equal(drawn(known, rows, length), mask.dense(rows, length))


UNKNOWN = {
    "a document in two parts": masks.Document(torch.tensor([0, 0, 1, 1, 0, 0, 1, 1, 1])),
    "queries of their own": masks.Document(IDS, query_ids=IDS),
    "a function": masks.Rule(lambda q, k: q != k),
    "booleans": masks.Dense(torch.ones(9, 9, dtype=torch.bool)),
    "a window behind padding": NARROW & RIGHT,
    "two of them": masks.Document(IDS) & RIGHT,
    "a long prefix": CAUSAL | masks.Prefix(8),
    "not": ~masks.Prefix(1),
}


@pytest.mark.parametrize("mask", UNKNOWN.values(), ids=UNKNOWN)
def test_what_has_no_pieces_says_so(mask):
    assert mask.pieces(9, 9) is None
    with pytest.raises(ValueError, match="masks that know their pieces here, got "):
        attention(*numbers(9), mask=mask, impl="pieces")


def test_a_bias_is_refused():
    with pytest.raises(ValueError, match="cannot compute a bias"):
        attention(*numbers(9), mask=RIGHT, bias=normal(1, 1, 1, 9), impl="pieces")


def test_sequences_alike_are_computed_together():
    padding = masks.Padding(torch.tensor([4, 4, 4, 2]))
    assert work(padding.pieces(6, 6), batch=4) == (6 * 4 * 3 + 6 * 2, 2)
    assert work(masks.Document(IDS).pieces(9, 9), batch=4) == (4 * (9 + 4 + 16), 3)


# What "auto" takes

LONG = torch.arange(600) // 100
STATES = torch.zeros(2, 4, 600, 8)
TAKEN = {
    "documents": (masks.Document(LONG), "pieces"),
    "causal documents": (masks.Causal() & masks.Document(LONG), "pieces"),
    "padding": (masks.Padding(torch.tensor([100, 200])), "pieces"),
    "padding of little": (masks.Padding(torch.tensor([600, 599])), "sdpa"),
    "documents of a token": (masks.Document(torch.arange(600)), "sdpa"),
    "blocks": (masks.BigBird(100, everywhere=0, window=1, random=1), "pieces"),
    "causal": (masks.Causal(), "sdpa"),
}


@pytest.mark.parametrize(("mask", "taken"), TAKEN.values(), ids=TAKEN)
def test_pieces_are_taken_where_they_save_work(mask, taken):
    assert explain(STATES, STATES, STATES, mask=mask).startswith(f"{taken}: ")
    assert attention(STATES, STATES, STATES, mask=mask).plan.impl == taken


def test_explain_says_how_many_pieces_and_how_much_work_is_left():
    why = explain(STATES, STATES, STATES, mask=masks.Document(LONG))
    assert why == "pieces: a mask of 6 pieces, 17% of the work on all pairs"


@pytest.mark.parametrize("mask", [masks.Padding(torch.tensor([0, 0])), masks.Prefix(2)], ids=repr)
def test_no_queries_are_no_pieces(mask):
    none = STATES[:, :, :0]
    assert attention(none, STATES, STATES, mask=mask).output.shape == (2, 4, 0, 8)
    if isinstance(mask, masks.Padding):
        assert not attention(STATES, STATES, STATES, mask=mask).output.any()


def test_with_a_bias_no_pieces_are_taken():
    bias = torch.zeros(1, 1, 1, 1)
    mask = masks.Document(LONG)
    assert explain(STATES, STATES, STATES, mask=mask, bias=bias).startswith("sdpa: ")


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # no batching rule for the kernel
def test_where_values_may_not_be_read_no_pieces_are_taken():
    from torch._subclasses.fake_tensor import FakeTensorMode

    padding, plans = masks.Padding(torch.tensor([100, 200])), []

    def attend(states, mask=padding):
        seen = attention(states, states, states, mask=mask)
        plans.append(seen.plan.impl)
        return seen.output

    torch.func.vmap(attend)(STATES[None])
    torch.func.grad(lambda states: attend(states).sum())(STATES)
    with FakeTensorMode():
        attend(torch.empty(2, 4, 600, 8), masks.Chunk(100))
    attend(STATES.to("meta"))
    attend(STATES)
    assert plans == ["sdpa", "sdpa", "sdpa", "sdpa", "pieces"]


def test_lengths_are_read_anew_by_every_call():
    lengths = torch.tensor([100, 200])
    mask, value = masks.Padding(lengths), torch.arange(600.0)[:, None].expand(2, 4, 600, 8)
    before = attention(STATES, STATES, value, mask=mask).output
    lengths += 2
    after = attention(STATES, STATES, value, mask=mask)
    assert after.plan.impl == "pieces"
    torch.testing.assert_close(after.output, before + 1)


def test_pieces_by_hand():
    """Called directly; the two documents have values 0, 0 and 1, 1, 1."""
    ids = torch.tensor([0, 0, 1, 1, 1])
    value = ids.double().view(1, 1, 5, 1)
    assert torch.equal(kernels.pieces(value, value, value, mask=masks.Document(ids)), value)
