"""One new token asks 4096 keys, 32 query heads over fewer key heads."""

from collections.abc import Iterator, Mapping

import torch.nn.functional as F

from attnlib import attention, masks
from benchmarks.case import Case, Run
from benchmarks.groups.states import states

TARGETS = {32: 1.0, 8: 1.2, 1: 1.5}


def cases(longest: int) -> Iterator[Case]:
    keys = min(longest, 4096)
    for key_heads, target in TARGETS.items():
        yield Case(
            f"one token, {keys} keys, 32 heads over {key_heads}",
            lambda key_heads=key_heads: contenders(keys, key_heads),
            target,
        )


def contenders(keys: int, key_heads: int) -> Mapping[str, Run]:
    query, key, value = states(1, keys=keys, heads=32, key_heads=key_heads)
    group = 32 // key_heads
    repeated = [x.repeat_interleave(group, dim=1) for x in (key, value)]
    runs: dict[str, Run] = {
        "attnlib": lambda: attention(query, key, value, mask=masks.Causal()).output,
        "SDPA, enable_gqa": lambda: F.scaled_dot_product_attention(
            query, key, value, enable_gqa=True
        ),
    }
    if group > 1:
        runs["SDPA, keys repeated beforehand"] = lambda: F.scaled_dot_product_attention(
            query, *repeated
        )
    return runs
