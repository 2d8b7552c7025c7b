"""Attention over several processes is attention: one torchrun of 2 and one of 4 tell all."""

import os
import subprocess
import sys
from pathlib import Path

import across_processes
import pytest
import torch
import torch.nn.functional as F
from across_processes import LENGTH, MASKS, MODELS, RINGS, WAYS
from oracles.agreement import EXACT, assert_agree
from safetensors.torch import load_file

from attnlib import Attend, attention, masks
from attnlib.heads import MultiHeadAttention
from attnlib.models.gpt import GPT
from attnlib.parallel import RingAttend, places, put_on_ring, ring_in_turn
from attnlib.parallel._places import Meeting

HERE = str(Path(__file__).parent)


@pytest.fixture(scope="module", params=[2, 4])
def run(request, tmp_path_factory):
    """How many processes there were, what each wrote and said, and what torchrun said."""
    processes, folder = request.param, tmp_path_factory.mktemp("ring")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
    path = os.pathsep.join((HERE, *sys.path))
    done = subprocess.run(
        [*torchrun, "-m", "across_processes", str(folder)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    files = [folder / f"{rank}.safetensors" for rank in range(processes)]
    assert all(map(Path.exists, files)), done.stderr
    said = {
        rank: dict(
            line.split(": ", 1) for line in (folder / f"{rank}.txt").read_text("utf-8").splitlines()
        )
        for rank in range(processes)
        if rank != 1
    }
    return processes, list(map(load_file, files)), said, done


def whole(shares, name, order="contiguous"):
    """All processes' rows, each at its place in the sequence."""
    where, rows = places(LENGTH, len(shares), order=order).flatten(), [s[name] for s in shares]
    axis = 1 if name.split()[0] in MODELS else 2
    return torch.cat(rows, dim=axis).index_select(axis, where.argsort())


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("way", WAYS)
def test_output_and_gradients_are_those_of_one_process(run, way, name):
    inputs, mask = across_processes.states(way), MASKS[name]
    allowed = None if mask is None else mask.dense(LENGTH)
    output = F.scaled_dot_product_attention(*inputs, attn_mask=allowed, enable_gqa=True)
    expected = (output, *torch.autograd.grad(output, inputs, across_processes.pull()))
    order = way if way in RINGS else "contiguous"
    for part, tensor in enumerate(expected):
        ours = whole(run[1], f"{way} {name} {part}", order)
        torch.testing.assert_close(ours, tensor.detach(), **EXACT)


@pytest.mark.parametrize("order", RINGS)
@pytest.mark.parametrize("name", MODELS)
def test_a_model_on_a_ring_writes_what_it_writes_alone(run, name, order):
    model, tokens = across_processes.small(name)
    ours = whole(run[1], f"{name} {order}", order)
    torch.testing.assert_close(ours, model(tokens).detach(), **EXACT)


def test_what_the_processes_do_not_agree_on_is_refused_by_all(run):
    processes, _, said, _ = run
    for words in said.values():
        lengths = list(range(1, processes + 1))
        assert words["lengths"].strip() == (
            f"key must be as long on every process, got lengths {lengths}"
        )
        assert f"query has 1 heads, not a multiple of {processes} processes" in words["heads"]
        assert "query must have an even length per process in zigzag order, got 1" in words["odd"]


@pytest.mark.parametrize("what", ["late", "killed"])
def test_a_process_that_is_late_or_gone_ends_the_wait_of_all_others(run, what):
    processes, _, said, _ = run
    for rank, words in said.items():
        assert words[what].startswith(f"process {rank} of {processes} waited in vain: another one")


def test_torchrun_names_the_process_that_was_killed(run):
    done = run[-1]
    assert done.returncode != 0
    assert "Root Cause" in done.stderr and "Signal 9 (SIGKILL)" in done.stderr
    assert "rank      : 1 " in done.stderr


@pytest.mark.parametrize("order", RINGS)
@pytest.mark.parametrize("processes", [1, 2, 4, 8])
@pytest.mark.parametrize("name", MASKS)
def test_the_ring_in_turn_is_attention(name, processes, order):
    inputs = across_processes.states(order)
    expected = attention(*inputs, mask=MASKS[name], impl="reference").output
    ours = ring_in_turn(*inputs, mask=MASKS[name], processes=processes, order=order)
    assert_agree(ours, expected, inputs)


@pytest.mark.parametrize("order", RINGS)
def test_fewer_queries_than_keys_are_the_last_ones(order):
    query, key, value = across_processes.states(order)
    query, mask = query[:, :, :8], masks.Causal() & masks.Window(6)
    expected = attention(query, key, value, mask=mask, impl="reference").output
    ours = ring_in_turn(query, key, value, mask=mask, processes=2, order=order)
    torch.testing.assert_close(ours, expected, **EXACT)


@pytest.mark.parametrize("order", RINGS)
@pytest.mark.parametrize("length", [0, 8, 24])
def test_every_token_has_one_place(length, order):
    where = places(length, 4, order=order)
    assert where.shape == (4, length // 4)
    assert where.flatten().sort().values.equal(torch.arange(length))


def test_in_zigzag_order_all_have_as_much_to_do():
    """Pairs under a causal mask, per process and turn; contiguous, the last has most of them."""
    seen = masks.Causal().dense(32)[0, 0]
    work = {}
    for order in RINGS:
        held = places(32, 4, order=order)
        work[order] = [
            [int(seen[held[r]][:, held[(r - turn) % 4]].sum()) for turn in range(4)]
            for r in range(4)
        ]
    assert work["contiguous"] == [[36, 0, 0, 0], [36, 64, 0, 0], [36, 64, 64, 0], [36, 64, 64, 64]]
    assert work["zigzag"] == [[36, 32, 32, 32]] * 4


WINDOW = masks.Causal() & masks.Window(5)


@pytest.mark.parametrize(
    ("mask", "order", "turns"),
    [
        (None, "contiguous", [0, 1, 2, 3, 4, 5, 6, 7]),
        (masks.Causal(), "contiguous", [0, 1, 2, 3, 4, 5, 6, 7]),
        (WINDOW, "contiguous", [0, 1]),
        (WINDOW, "zigzag", [0, 1, 2, 6, 7]),  # its stretches are half as long
        (masks.Causal() & masks.Window(3), "zigzag", [0, 1, 7]),
        (masks.Window(5), "contiguous", [0, 1, 7]),
        (masks.Causal() & masks.Window(1), "contiguous", [0]),
        (masks.Causal() & masks.Window(6), "contiguous", [0, 1, 2]),
    ],
)
def test_keys_travel_only_as_far_as_somebody_sees_them(mask, order, turns):
    meeting = Meeting(mask, 4, 4, processes=8, order=order)
    assert meeting.turns() == turns


@pytest.mark.parametrize("order", RINGS)
@pytest.mark.parametrize("name", MASKS)
def test_a_turn_is_left_out_only_where_nothing_is_seen(name, order):
    mask = MASKS[name]
    allowed = torch.ones(1, 1, 16, 16).bool() if mask is None else mask.dense(16)
    held, meeting = places(16, 4, order=order), Meeting(mask, 4, 4, processes=4, order=order)
    for rank in range(4):
        for owner in range(4):
            pairs = torch.zeros(allowed.shape[0], 4, 4, dtype=torch.bool)
            for _, rows, columns, some in meeting.blocks(rank, owner, torch.device("cpu")):
                pairs[:, rows, columns] = True if some is None else some[:, 0]
            assert pairs.equal(allowed[:, 0][:, held[rank]][:, :, held[owner]])
            assert (rank - owner) % 4 in meeting.turns() or not pairs.any()


def test_what_a_ring_cannot_do_is_refused():
    states = across_processes.states("contiguous")
    with pytest.raises(ValueError, match="query has length 16, not a multiple of 3 processes"):
        ring_in_turn(*states, processes=3)
    with pytest.raises(TypeError, match="mask must be a Mask of the whole sequence, got Tensor"):
        ring_in_turn(*states, processes=2, mask=torch.ones(16, 16, dtype=torch.bool))
    with pytest.raises(ValueError, match='order must be "contiguous" or "zigzag", got \'striped\''):
        ring_in_turn(*states, processes=2, order="striped")
    with pytest.raises(ValueError, match="length 12 does not divide into 8 stretches"):
        places(12, 4, order="zigzag")
    with pytest.raises(ValueError, match="bias must be None"):
        RingAttend()(*states, bias=torch.zeros(1, 1, 1, 1))


def test_layers_that_a_ring_would_change_are_refused():
    with pytest.raises(ValueError, match="positions: learned positions do not know where"):
        put_on_ring(GPT(5, size=8, heads=2, layers=1, dropout_p=0.0))
    with pytest.raises(ValueError, match=r"self_attention: a ring has .* and no dropout"):
        put_on_ring(GPT(5, size=8, heads=2, layers=1, rotary=True))
    with pytest.raises(ValueError, match="0: a ring goes under MultiHeadAttention alone"):
        put_on_ring(torch.nn.Sequential(Attend()))


def test_the_weights_of_a_ring_are_nowhere():
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        layer = put_on_ring(MultiHeadAttention(8, 2))
        x = torch.randn(1, 4, 8)
        seen = layer.attend(*layer.project(x), mask=masks.Causal())
        for name in ("weights", "scores", "logsumexp"):
            with pytest.raises(RuntimeError, match="no process holds all keys"):
                getattr(seen, name)
        assert str(seen.plan) == "ring: keys come round from process to process"
    finally:
        torch.distributed.destroy_process_group()
