"""PyTorch's fused `F.scaled_dot_product_attention`, with attnlib's meaning, off its slow paths.

What it does in silence is repaired here: a last axis that is not contiguous, or value and key of
different sizes, triple its time on the CPU, and float16 there is fifty times slower than float32.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.masks import Causal, Mask
from attnlib.masks._laying import blank_unseen
from attnlib.masks.reach import window_width


def sdpa(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None,
    scale: float,
    dropout_p: float,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale + bias) · v where `mask` allows; 0 for a query with nothing allowed."""
    if query.dtype == torch.float16 and query.device.type == "cpu":
        query, key, value = query.float(), key.float(), value.float()
        bias = None if bias is None else bias.float()
        wide = sdpa(query, key, value, mask=mask, bias=bias, scale=scale, dropout_p=dropout_p)
        return wide.half()

    query_length, key_length = query.shape[2], key.shape[2]
    if query_length == 1 and isinstance(mask, Causal):
        mask = None  # the newest token sees every key: nothing to copy or to hide
    elif query_length == 1 and (width := window_width(mask)):
        mask = None  # or the last keys, all of them
        key, value = key[:, :, -width:], value[:, :, -width:]
        bias = bias if bias is None or bias.shape[-1] == 1 else bias[..., -width:]
    square = True if query_length == key_length else False  # noqa: SIM210 (a bool when exported)
    square_causal = isinstance(mask, Causal) and bias is None and square
    additive: Tensor | None = bias
    if mask is not None and not square_causal:
        allowed = mask.dense(query_length, key_length, device=query.device)
        query = blank_unseen(query, allowed.mT)
        key, value = blank_unseen(key, allowed), blank_unseen(value, allowed)
        additive = allowed if bias is None else bias.masked_fill(~allowed, -torch.inf)

    head_size, value_size = query.shape[3], value.shape[3]
    widest = max(head_size, value_size)
    output = F.scaled_dot_product_attention(
        _padded(query, widest),
        _padded(key, widest),
        _padded(value, widest),
        attn_mask=additive,
        is_causal=square_causal,
        dropout_p=dropout_p,
        scale=scale,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return output[..., :value_size]


def _padded(states: Float[Tensor, "B H T D"], size: int) -> Float[Tensor, "B H T size"]:
    """Zeros appended up to `size`, which change no dot product and no weighted sum."""
    states = states if states.stride(-1) == 1 else states.contiguous()
    return states if states.shape[-1] == size else F.pad(states, (0, size - states.shape[-1]))
