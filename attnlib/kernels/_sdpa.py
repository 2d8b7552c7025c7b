"""PyTorch's fused `F.scaled_dot_product_attention`, with attnlib's meaning, off its slow paths.

What it does in silence is repaired here: a last axis that is not contiguous, or value and key of
different sizes, triple its time on the CPU, and float16 there is fifty times slower than float32.
"""

import math
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.kernels._fused import fused
from attnlib.masks import Band, Mask, as_mask
from attnlib.masks._laying import blank_unseen, lay, visible
from attnlib.precision import no_autocast, surely_finite
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of

CAUSAL = Band(before=math.inf, after=0)


@checked(one_dtype=True)
def sdpa(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    scale: float | None = None,
    dropout_p: float = 0.0,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale + bias) · v where `mask` allows; 0 for a query with nothing allowed."""
    mask = as_mask(mask)
    scale = scale_of(scaled_dot, scale, query.shape[-1])
    if query.dtype == torch.float16 and query.device.type == "cpu":
        query, key, value = query.float(), key.float(), value.float()
        bias = None if bias is None else bias.float()
        with no_autocast(query):
            wide = sdpa(query, key, value, mask=mask, bias=bias, scale=scale, dropout_p=dropout_p)
        return wide.half()

    _, heads, query_length, head_size = query.shape
    _, key_heads, key_length, value_size = value.shape
    band = None if mask is None else mask.band()
    if band is not None and query_length == 1 and band.after >= 0:
        mask = None  # the newest token sees the last keys, all of them: nothing to copy or to hide
        if band.before < math.inf:
            width = int(band.before) + 1
            key, value = key[:, :, -width:], value[:, :, -width:]
            bias = bias if bias is None or bias.shape[-1] == 1 else bias[..., -width:]
    square = bool(query_length == key_length)  # no number or tensor, as graphs are made of
    # PyTorch multiplies its −∞ by the scale: of 0 or less it would make NaN.
    causal = mask is not None and band == CAUSAL and bias is None and square and scale > 0
    additive = bias
    if bias is not None or (mask is not None and not causal):
        query, key, value, additive = _hidden(query, key, value, mask, bias)
    elif key_length == 0:
        query = query.masked_fill(torch.ones((), dtype=torch.bool, device=query.device), 0)

    folds = bool(query_length == 1 and heads != key_heads)
    if folds:  # the heads that share a key head ask as if they were its queries
        query = _grouped(query, key_heads)
        additive = None if additive is None else _grouped(additive, key_heads)
    plain = query.stride(-1) == key.stride(-1) == value.stride(-1) == 1
    if not plain or head_size != value_size:
        widest = max(head_size, value_size)
        query, key, value = (_padded(states, widest) for states in (query, key, value))
    output = fused(
        query,
        key,
        value,
        attn_mask=additive,
        is_causal=causal,
        dropout_p=dropout_p,
        scale=scale,
        enable_gqa=bool(heads != key_heads and not folds),
    )
    output = output.flatten(1, 2).unsqueeze(2) if folds else output
    return output if value_size >= head_size else output[..., :value_size]


def _hidden(
    query: Tensor, key: Tensor, value: Tensor, mask: Mask | None, bias: Tensor | None
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Zeros where nobody looks, and mask and bias as one tensor."""
    laid = None if mask is None else lay(mask, query, key)
    everyone = bias is None and mask is not None and mask.sees_itself()
    if everyone and query.shape[2] == key.shape[2]:
        return query, key, value, laid
    if not surely_finite(query, key, value):  # a weight of 0 hides all other numbers
        allowed = cast(Tensor, visible(laid, bias))
        query = blank_unseen(query, allowed.mT)
        key, value = blank_unseen(key, allowed), blank_unseen(value, allowed)
    if bias is None or laid is None:
        return query, key, value, laid if bias is None else bias
    return query, key, value, bias.masked_fill(~laid, -torch.inf)


def _grouped(rows: Float[Tensor, "B H 1 T"], key_heads: int) -> Float[Tensor, "B G N T"]:
    """What each head has of one query, below one another where heads share a key head."""
    return rows if rows.shape[1] == 1 else rows.unflatten(1, (key_heads, -1)).squeeze(3)


def _padded(states: Float[Tensor, "B H T D"], size: int) -> Float[Tensor, "B H T size"]:
    """Zeros appended up to `size`, which change no dot product and no weighted sum."""
    states = states if states.stride(-1) == 1 else states.contiguous()
    return states if states.shape[-1] == size else F.pad(states, (0, size - states.shape[-1]))
