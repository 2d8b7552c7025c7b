"""Masks: those made of tensors, what lays a mask over states, and the kernels that take one."""

import torch
from native import BUILT

from attnlib import attention, masks
from public_cases.case import Case


def laid(mask):
    """attention under a mask for 2 sequences of 5 tokens."""
    query, key = torch.randn(2, 4, 5, 8), torch.randn(2, 4, 5, 8)
    return attention(query, key, key, mask=mask)


CASES = {
    "masks.Dense": Case(
        call=lambda allowed: laid(masks.Dense(allowed)),
        sizes={"Tq": 5},
        fixed="B H Tq Tk",
        axes={"allowed": "#B #H #Tq #Tk"},
    ),
    "masks.Padding": Case(
        call=lambda lengths: laid(masks.Padding(lengths)), fixed="B", axes={"lengths": "#B"}
    ),
    "masks.Document": Case(
        call=lambda ids: laid(masks.Document(ids)), axes={"ids": "#B T"}, fixed="B T"
    ),
    "kernels.chunked": Case(given={"query_chunk": 2, "key_chunk": 2}, mean=True),
    "kernels.split_keys": Case(given={"splits": 2}, mean=True),
    "kernels.sdpa": Case(mean=True),
    "kernels.tiled": Case(given={"tile": 2}, mean=True),
    "kernels.banded": Case(given={"mask": masks.Causal() & masks.Window(4), "block": 2}, mean=True),
    **({"kernels.native": Case(mean=True, given={"mask": masks.Causal()})} if BUILT else {}),
    "kernels.pieces": Case(given={"mask": masks.Prefix(2)}, mean=True),
    "parallel.ring_attention": Case(mean=True),
    "parallel.head_parallel_attention": Case(mean=True),
    "parallel.ring_in_turn": Case(given={"processes": 1}, mean=True),
}
