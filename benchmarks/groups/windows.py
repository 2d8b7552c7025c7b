"""A causal window of 256 keys, forward and with the backward pass."""

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from attnlib import attention, masks
from benchmarks.case import Case, Run, with_gradients
from benchmarks.groups.states import states

WIDTH = 256
TARGETS = {512: 2, 1536: 5, 4096: 14, 8192: 24, 16384: 48}
TRAINED = {4096: 8, 8192: 15}
COMPILED = {4096: 1.3, 8192: 1.3}


def cases(longest: int) -> Iterator[Case]:
    for T, target in TARGETS.items():
        if longest >= T:
            yield Case(f"window {WIDTH}, T = {T}", lambda T=T: contenders(T), target)
    for T, target in COMPILED.items():
        if longest >= T:
            yield Case(
                f"window {WIDTH} beside FlexAttention, T = {T}", lambda T=T: compiled(T), target
            )
    for T, target in TRAINED.items():
        if longest >= T:
            yield Case(
                f"window {WIDTH} with gradients, T = {T}",
                lambda T=T: contenders(T, trained=True),
                target,
                tolerance=1e-3,
            )


def contenders(length: int, *, trained: bool = False) -> Mapping[str, Run]:
    query, key, value = states(length, requires_grad=trained)
    window = masks.Causal() & masks.Window(WIDTH)
    allowed = window.dense(length)
    runs: dict[str, Run] = {
        "attnlib": lambda: attention(query, key, value, mask=window).output,
        "SDPA with the mask": lambda: F.scaled_dot_product_attention(
            query, key, value, attn_mask=allowed
        ),
    }
    if not trained:
        return runs
    pull = torch.ones_like(query)
    return {name: with_gradients(run, [query, key, value], pull) for name, run in runs.items()}


def compiled(length: int) -> Mapping[str, Run]:
    """FlexAttention, which takes many seconds to compile, and has no backward pass here."""
    query, key, value = states(length)
    window = masks.Causal() & masks.Window(WIDTH)
    blocks = create_block_mask(
        lambda b, h, q, k: (q >= k) & (q - k < WIDTH), None, None, length, length, device="cpu"
    )
    flex = torch.compile(flex_attention)
    return {
        "attnlib": lambda: attention(query, key, value, mask=window).output,
        "FlexAttention, compiled": lambda: flex(query, key, value, block_mask=blocks),
    }
