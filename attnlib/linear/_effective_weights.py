"""The attention matrix that a recurrence stands for, where there is one.

The output of these forms is linear in the value. So the value's identity matrix, token j being the
j-th unit vector, comes out as the matrix itself: output_i = Σ_j weight_ij · e_j is row i.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked

Form = TypeVar("Form", bound=Callable[..., Any])
MARK = "weighs_each_channel"


def weighs_each_channel(form: Form) -> Form:
    """The form, marked: it weighs every channel of the value apart and has no one matrix."""
    setattr(form, MARK, True)
    return form


@checked
def effective_weights(
    form: Callable[..., Any],
    query: Float[Tensor, "B Hq Tq D"],
    key: Float[Tensor, "B Hk Tk D"],
    *gates: Any,
    **options: Any,
) -> Float[Tensor, "B H Tq Tk"]:
    """weight_ij, how much of value j is in output i: `form(query, key, value, *gates)` = weights·V.

        effective_weights(retention.parallel, query, key, decay)

    They need not be positive nor sum to 1, and under a causal form the future's are 0. That the
    output of `form` is linear in the value is the caller's word. Raises TypeError for a form of
    this package that weighs every channel apart (RWKV, AFT), and ValueError when what comes out is
    no matrix of queries and keys.
    """
    plain = getattr(form, "func", form)  # of a functools.partial
    if getattr(plain, MARK, False):
        name = f"{plain.__module__.rpartition('.')[2]}.{plain.__name__}"
        raise TypeError(
            f"{name} weighs every channel of the value apart: it has one matrix per channel, "
            "and no (B, H, Tq, Tk) matrix stands for them all"
        )
    if key.shape[2] == 0:
        raise ValueError("key must have at least one token, got an empty sequence")
    unit = torch.eye(key.shape[2], dtype=key.dtype, device=key.device)
    result = form(query, key, unit.expand(*key.shape[:2], -1, -1), *gates, **options)
    result = result[0] if isinstance(result, tuple) else result
    weights: Tensor = getattr(result, "output", result)
    if tuple(weights.shape[2:]) != (query.shape[2], key.shape[2]):
        raise ValueError(
            f"form must give an output for each query of the size of its values, "
            f"{(query.shape[2], key.shape[2])}, got {tuple(weights.shape[2:])}"
        )
    return weights
