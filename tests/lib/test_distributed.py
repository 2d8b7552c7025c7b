"""Attention over several processes is attention: 2 and 4 of them, on gloo, with gradients."""

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from oracles.agreement import EXACT, normal
from safetensors.torch import load_file, save_file

from attnlib import attention, masks
from attnlib.parallel.all_to_all import head_parallel_attention
from attnlib.parallel.ring import ring_attention, ring_in_turn

LENGTH = 8  # tokens over all processes
MASKS = {
    "none": None,
    "causal": masks.Causal(),
    "window": masks.Causal() & masks.Window(3),
    "padding": masks.Padding(torch.tensor([8, 3])),
    "documents": masks.Causal() & masks.Document(torch.tensor([0, 0, 0, 1, 1, 1, 1, 2])),
    "nothing": ~masks.Prefix(LENGTH),
}
WAYS = {"ring": ring_attention, "heads": head_parallel_attention}


def states(key_heads):
    query, key = normal(2, 4, LENGTH, 3), normal(2, key_heads, LENGTH, 3, seed=1)
    return query, key, normal(2, key_heads, LENGTH, 5, seed=2)


def work(rank, processes, folder):
    """What one process computes: its rows of every output and gradient, written to a file."""
    torch.set_num_threads(1)
    where = f"file://{folder}/meeting"
    dist.init_process_group("gloo", init_method=where, rank=rank, world_size=processes)
    results = {}
    for way, attend in WAYS.items():
        for name, mask in MASKS.items():
            key_heads = 2 if way == "ring" else 4
            mine = [s.detach().chunk(processes, dim=2)[rank].clone() for s in states(key_heads)]
            mine = [s.requires_grad_() for s in mine]
            output = attend(*mine, mask=mask)
            pull = normal(2, 4, LENGTH, 5, seed=3).detach().chunk(processes, dim=2)[rank]
            gradients = torch.autograd.grad(output, mine, pull)
            for part, tensor in enumerate((output.detach(), *gradients)):
                results[f"{way} {name} {part}"] = tensor.contiguous()
    save_file(results, f"{folder}/{rank}.safetensors")

    one = torch.zeros(1, 1, 1, 2)
    with pytest.raises(ValueError, match="key must be as long on every process, got lengths"):
        ring_attention(one, *[torch.zeros(1, 1, 1 + rank, 2)] * 2)
    with pytest.raises(ValueError, match="query has 1 heads, not a multiple of"):
        head_parallel_attention(one, one, one)
    dist.destroy_process_group()


@pytest.fixture(scope="module", params=[2, 4])
def together(request, tmp_path_factory):
    """All processes' rows put together again."""
    folder = tmp_path_factory.mktemp("ring")
    multiprocessing.spawn(work, (request.param, str(folder)), nprocs=request.param)
    stretches = [load_file(folder / f"{rank}.safetensors") for rank in range(request.param)]
    return {name: torch.cat([s[name] for s in stretches], dim=2) for name in stretches[0]}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("way", WAYS)
def test_output_and_gradients_are_those_of_one_process(together, way, name):
    inputs = states(2 if way == "ring" else 4)
    output = attention(*inputs, mask=MASKS[name], impl="reference").output
    pull = normal(2, 4, LENGTH, 5, seed=3).detach()
    expected = (output, *torch.autograd.grad(output, inputs, pull))
    for part, tensor in enumerate(expected):
        torch.testing.assert_close(together[f"{way} {name} {part}"], tensor.detach(), **EXACT)


@pytest.mark.parametrize("processes", [1, 2, 4, 8])
@pytest.mark.parametrize("name", MASKS)
def test_the_ring_in_turn_is_attention(name, processes):
    inputs = states(2)
    expected = attention(*inputs, mask=MASKS[name], impl="reference").output
    ours = ring_in_turn(*inputs, mask=MASKS[name], processes=processes)
    torch.testing.assert_close(ours, expected, **EXACT)


def test_a_sequence_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="query has length 8, not a multiple of 3 processes"):
        ring_in_turn(*states(2), processes=3)


def test_a_mask_of_booleans_is_refused():
    with pytest.raises(TypeError, match="mask must be a Mask of the whole sequence, got Tensor"):
        ring_in_turn(*states(2), processes=2, mask=torch.ones(8, 8, dtype=torch.bool))
