"""ALiBi: the further away, the lower the score, by a straight line (Press et al., 2022)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_at_least, check_floating_point
from attnlib.positions._distances import distances


def alibi(
    heads: int,
    query_length: int,
    key_length: int,
    *,
    like: Tensor | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> Float[Tensor, "1 H Tq Tk"]:
    """bias = −mₕ · |i − j|, with a slope m for each head (Press et al., 2022, section 3).

        attention(query, key, value, mask=Causal(), bias=alibi(H, Tq, Tk, like=query))

    - `like`: a tensor whose dtype and device the bias takes; `attention` wants the query's.
    - `dtype`, `device`: instead of those of `like`; without any, float32 on the CPU.

    The paper is causal; keys after the query get the same line here. Bloom adds m · j instead: the
    same weights, since a softmax does not see what is equal for all keys.
    Raises TypeError or ValueError when `heads` is less than 1 or `like` is no such tensor.
    """
    if like is not None:
        check_floating_point("like", like)
        dtype, device = dtype or like.dtype, device or like.device
    slopes = alibi_slopes(heads, device=device)
    away = distances(query_length, key_length, device=device).abs()
    return (-slopes[:, None, None] * away).unsqueeze(0).to(dtype or torch.float32)


def alibi_slopes(heads: int, *, device: torch.device | str | None = None) -> Float[Tensor, " H"]:
    """2^(−8/H), 2^(−16/H), …, 2^(−8) for H a power of two; in float64.

    The paper leaves other H open; as in its authors' code they take the slopes of the power of
    two below, then every other slope of the power of two above.
    """
    check_at_least(1, "heads", heads)
    below = 2 ** int(math.log2(heads))
    slopes = _geometric(below) + _geometric(2 * below)[::2]
    return torch.tensor(slopes[:heads], dtype=torch.float64, device=device)


def _geometric(heads: int) -> list[float]:
    return [2 ** (-8 * head / heads) for head in range(1, heads + 1)]
