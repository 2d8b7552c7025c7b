"""Whole layers, with their projections: E = 512 in 8 heads, as their users call them."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec

import torch
from torch import nn

from attnlib import Attend, MultiHeadAttention, masks, record_attention
from benchmarks.case import Case, Run

SIZE, HEADS = 512, 8


def cases(longest: int) -> Iterator[Case]:
    for T in (128, 512, 2048):
        if longest >= T:
            yield Case(f"layer, T = {T}", lambda T=T: contenders(T), 1.5)
            yield Case(f"causal layer, T = {T}", lambda T=T: contenders(T, causal=True), 3)
            yield Case(f"layer with its weights, T = {T}", lambda T=T: with_weights(T), 1.2)


def alike(length: int) -> tuple[MultiHeadAttention, nn.MultiheadAttention, torch.Tensor]:
    """Both layers with the same weights, and what they read."""
    torch.manual_seed(0)
    theirs = nn.MultiheadAttention(SIZE, HEADS, batch_first=True).eval()
    ours = MultiHeadAttention(SIZE, HEADS).eval()
    into = (ours.query, ours.key, ours.value)
    assert theirs.in_proj_weight is not None
    with torch.no_grad():
        for part, weight, bias in zip(
            into, theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3), strict=True
        ):
            part.weight.copy_(weight)
            part.bias.copy_(bias)
        ours.output.load_state_dict(theirs.out_proj.state_dict())
    return ours, theirs, torch.randn(1, length, SIZE)


def contenders(length: int, *, causal: bool = False) -> Mapping[str, Run]:
    ours, theirs, x = alike(length)
    mask = masks.Causal() if causal else None
    hidden = ~masks.Causal().dense(length)[0, 0] if causal else None

    @torch.inference_mode()
    def attnlib() -> torch.Tensor:
        return ours(x, mask=mask)

    def as_it_comes(fast: bool) -> torch.Tensor:
        torch.backends.mha.set_fastpath_enabled(fast)
        with torch.inference_mode():
            return theirs(x, x, x, need_weights=False, attn_mask=hidden, is_causal=causal)[0]

    runs: dict[str, Run] = {
        "attnlib": attnlib,
        "nn.MultiheadAttention": lambda: as_it_comes(True),
        "nn.MultiheadAttention, fast path off": lambda: as_it_comes(False),
    }
    if find_spec("x_transformers"):
        runs["x-transformers, flash"] = x_transformers(ours, x, causal=causal)
    return runs


def with_weights(length: int) -> Mapping[str, Run]:
    """Both are told beforehand that all weights will be read."""
    ours, theirs, x = alike(length)
    ours.attend = Attend(impl="reference")

    @torch.inference_mode()
    def attnlib() -> torch.Tensor:
        with record_attention(ours) as maps:
            ours(x)
        (seen,) = maps.values()
        return seen.weights

    @torch.inference_mode()
    def theirs_with_weights() -> torch.Tensor:
        torch.backends.mha.set_fastpath_enabled(True)
        return theirs(x, x, x, need_weights=True, average_attn_weights=False)[1]

    return {"attnlib": attnlib, "nn.MultiheadAttention": theirs_with_weights}


def x_transformers(layer: MultiHeadAttention, x: torch.Tensor, *, causal: bool) -> Run:
    from x_transformers.x_transformers import Attention

    theirs = Attention(SIZE, dim_head=SIZE // HEADS, heads=HEADS, flash=True, causal=causal).eval()
    mine = {"to_q": layer.query, "to_k": layer.key, "to_v": layer.value, "to_out": layer.output}
    for name, part in mine.items():  # biases included, which theirs has not by default
        setattr(theirs, name, part)

    @torch.inference_mode()
    def run() -> torch.Tensor:
        return theirs(x)[0]

    return run
