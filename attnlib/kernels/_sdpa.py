"""PyTorch's fused `F.scaled_dot_product_attention`, with attnlib's meaning, off its slow paths.

What it does in silence is repaired here: a last axis that is not contiguous, or value and key of
different sizes, triple its time on the CPU, and float16 there is fifty times slower than float32.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.kernels._fused import fused
from attnlib.masks import Band, Mask
from attnlib.masks._laying import blank_unseen, lay, visible
from attnlib.precision import no_autocast
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of

CAUSAL = Band(before=math.inf, after=0)


@checked(one_dtype=True)
def sdpa(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    scale: float | None = None,
    dropout_p: float = 0.0,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale + bias) · v where `mask` allows; 0 for a query with nothing allowed."""
    scale = scale_of(scaled_dot, scale, query.shape[-1])
    if query.dtype == torch.float16 and query.device.type == "cpu":
        query, key, value = query.float(), key.float(), value.float()
        bias = None if bias is None else bias.float()
        with no_autocast(query):
            wide = sdpa(query, key, value, mask=mask, bias=bias, scale=scale, dropout_p=dropout_p)
        return wide.half()

    query_length, key_length = query.shape[2], key.shape[2]
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

    head_size, value_size = query.shape[3], value.shape[3]
    widest = max(head_size, value_size)
    output = fused(
        _padded(query, widest),
        _padded(key, widest),
        _padded(value, widest),
        attn_mask=additive,
        is_causal=causal,
        dropout_p=dropout_p,
        scale=scale,
        enable_gqa=bool(query.shape[1] != key.shape[1]),
    )
    return output if value_size == widest else output[..., :value_size]


def _hidden(
    query: Tensor, key: Tensor, value: Tensor, mask: Mask | None, bias: Tensor | None
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Zeros where nobody looks, and mask and bias as one tensor."""
    laid = None if mask is None else lay(mask, query, key)
    allowed = visible(laid, bias)
    everyone = mask is not None and mask.sees_itself() and query.shape[2] == key.shape[2]
    if allowed is not None and (bias is not None or not everyone):
        query = blank_unseen(query, allowed.mT)
        key, value = blank_unseen(key, allowed), blank_unseen(value, allowed)
    if bias is None or laid is None:
        return query, key, value, allowed if bias is None else bias
    return query, key, value, bias.masked_fill(~laid, -torch.inf)


def _padded(states: Float[Tensor, "B H T D"], size: int) -> Float[Tensor, "B H T size"]:
    """Zeros appended up to `size`, which change no dot product and no weighted sum."""
    states = states if states.stride(-1) == 1 else states.contiguous()
    return states if states.shape[-1] == size else F.pad(states, (0, size - states.shape[-1]))
