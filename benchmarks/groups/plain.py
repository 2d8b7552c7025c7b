"""Dense and causal attention over one sequence, forward and with the backward pass."""

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F

from attnlib import attention, masks
from benchmarks.case import Case, Run, with_gradients
from benchmarks.groups.onnx import multi_head_attention
from benchmarks.groups.states import states

LENGTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
CAUSAL = {128: 1.4, 256: 1.6, 512: 1.7, 1024: 1.35, 2048: 1.15}
TRAINED = {256: 1.25, 512: 1.25, 1024: 1.25}


def cases(longest: int) -> Iterator[Case]:
    lengths = [length for length in LENGTHS if length <= longest]
    for T in lengths:
        dense = 0.5 if T <= 64 else 1.0
        yield Case(f"dense, T = {T}", lambda T=T: contenders(T, causal=False), dense)
        causal = CAUSAL.get(T, dense)
        yield Case(f"causal, T = {T}", lambda T=T: contenders(T, causal=True), causal)
    for T in lengths:
        if 128 <= T <= 4096:
            yield Case(
                f"causal with gradients, T = {T}",
                lambda T=T: contenders(T, causal=True, trained=True),
                TRAINED.get(T, 1.0),
                tolerance=1e-3,
            )


def contenders(length: int, *, causal: bool, trained: bool = False) -> Mapping[str, Run]:
    query, key, value = states(length, requires_grad=trained)
    mask = masks.Causal() if causal else None
    runs: dict[str, Run] = {
        "attnlib": lambda: attention(query, key, value, mask=mask).output,
        "SDPA": lambda: F.scaled_dot_product_attention(query, key, value, is_causal=causal),
    }
    if not trained:
        onnx = multi_head_attention(query, key, value, causal=causal) if length >= 128 else None
        return runs if onnx is None else runs | {"onnxruntime": onnx}
    pull = torch.ones_like(query)
    return {name: with_gradients(run, [query, key, value], pull) for name, run in runs.items()}
