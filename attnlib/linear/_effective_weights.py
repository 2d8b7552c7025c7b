"""The attention matrix that a recurrence stands for, where there is one.

The output of these forms is linear in the value. So the value's identity matrix, token j being the
j-th unit vector, comes out as the matrix itself: output_i = Σ_j weight_ij · e_j is row i.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.linear import (
    attention_free,
    cosformer,
    delta,
    gated_delta,
    gated_linear,
    kimi_delta,
    linear_attention,
    nystrom,
    performer,
    retention,
    rwkv,
    state_space,
)
from attnlib.linear._chunks import check_sequence

WITH_A_MATRIX = (
    linear_attention,
    retention,
    gated_linear,
    delta,
    gated_delta,
    kimi_delta,
    state_space,
    cosformer,
    performer,
    nystrom,
)
CHANNEL_BY_CHANNEL = (rwkv, attention_free)


def effective_weights(
    form: Callable[..., Any],
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H T D"],
    *gates: Any,
) -> Float[Tensor, "B H T T"]:
    """weight_ij, how much of value j is in output i: `form(query, key, value, *gates)` = weights·V.

        effective_weights(retention.parallel, query, key, decay)

    They need not be positive nor sum to 1, and the future's are 0. Raises TypeError for a form that
    weighs every channel apart (RWKV, AFT), and for one that is not of this package.
    """
    module = getattr(form, "__module__", "")
    name = f"{module.rpartition('.')[2]}.{getattr(form, '__name__', form)}"
    if module in [m.__name__ for m in CHANNEL_BY_CHANNEL]:
        raise TypeError(
            f"{name} weighs every channel of the value apart: it has one matrix a channel, "
            "and no (B, H, T, T) matrix stands for them all"
        )
    if module not in [m.__name__ for m in WITH_A_MATRIX]:
        known = ", ".join(m.__name__.rpartition(".")[2] for m in WITH_A_MATRIX)
        raise TypeError(f"form must be a form of {known}, got {name}")
    check_sequence(query, key, key)
    unit = torch.eye(key.shape[2], dtype=key.dtype, device=key.device)
    result = form(query, key, unit.expand(*key.shape[:2], -1, -1), *gates)
    return result[0] if isinstance(result, tuple) else result
