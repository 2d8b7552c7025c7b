"""Attention without softmax, beside causal softmax attention and beside other people's code."""

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import torch
import torch.nn.functional as F

from attnlib.linear import gated_delta, linear_attention
from benchmarks.case import Case, Run
from benchmarks.groups.states import HEADS, states

TARGETS = {512: 2, 2048: None, 8192: 9}


def cases(longest: int) -> Iterator[Case]:
    for T, target in TARGETS.items():
        if longest >= T:
            yield Case(
                f"linear attention or causal softmax, T = {T}",
                lambda T=T: beside_softmax(T),
                target,
                tolerance=None,
            )
    if longest >= 2048:
        yield Case("linear attention in chunks, T = 2048", beside_fla, 1.0, tolerance=1e-3)
        yield Case("gated delta rule in chunks, T = 2048", delta_beside_fla, 1.0, tolerance=1e-3)


def beside_softmax(length: int) -> Mapping[str, Run]:
    query, key, value = states(length)
    return {
        "attnlib": lambda: linear_attention.chunked(query, key, value)[0],
        "SDPA, causal": lambda: F.scaled_dot_product_attention(query, key, value, is_causal=True),
    }


def beside_fla() -> Mapping[str, Run]:
    query, key, value = states(2048)
    naive = fla("linear_attn")
    q, k = (linear_attention.elu_plus_one(x).transpose(1, 2) for x in (query, key))
    runs: dict[str, Run] = {"attnlib": lambda: linear_attention.chunked(query, key, value)[0]}
    if naive:
        runs["fla's naive chunks, given the features"] = lambda: naive.naive_chunk_linear_attn(
            q, k, value.transpose(1, 2), scale=1.0, normalize=True
        ).transpose(1, 2)
    return runs


def delta_beside_fla() -> Mapping[str, Run]:
    query, key, value = states(2048)
    key = F.normalize(key, dim=-1)
    draw = torch.Generator().manual_seed(1)
    decay, write = (torch.rand(1, HEADS, 2048, generator=draw).sigmoid() for _ in range(2))
    runs: dict[str, Run] = {
        "attnlib": lambda: gated_delta.chunked(query, key, value, decay.log(), write)[0]
    }
    naive = fla("gated_delta_rule")
    if naive:
        turned = [x.transpose(1, 2) for x in (query, key, value, write, decay.log())]
        runs["fla's naive chunks"] = lambda: naive.naive_chunk_gated_delta_rule(
            *turned[:3], turned[4], turned[3], scale=1.0
        )[0].transpose(1, 2)
    return runs


def fla(kind: str) -> ModuleType | None:
    """flash-linear-attention's reference in plain PyTorch, alone: the rest needs a GPU."""
    package = importlib.util.find_spec("fla")
    if package is None or not package.submodule_search_locations:
        return None
    path = Path(package.submodule_search_locations[0]) / "ops" / kind / "naive.py"
    spec = importlib.util.spec_from_file_location(f"fla_naive_{kind}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
