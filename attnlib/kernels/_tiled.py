"""FlashAttention: exact attention in tiles, whose scores are never all there (Dao et al., 2022).

keys →      ▪ ▪ ▪ ▪     one tile of queries meets one tile of keys after another; what it has seen
queries     ▪ · · ·     is kept as output and logsumexp, and merged with the next tile's
   ↓        ▪ ▪ · ·     tiles the mask hides wholly (· under a causal one) are skipped

Memory grows with T instead of T². On a GPU the tile stays in fast memory: that is what makes it
quick there. Here PyTorch runs each tile; the order of the computation is the paper's, the speed is
not. Each tile is normalized before it is merged; the paper divides once, at the end.
"""

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd import Function

from attnlib.checks import check_at_least, checked
from attnlib.kernels._blocks import (
    attend_block,
    block_gradients,
    check_no_second_derivative,
    check_reverse_mode_only,
    cut,
    slices,
)
from attnlib.kernels.online import Partial, merge, no_keys
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of

ALL = slice(None)
TILE = 128


@checked(one_dtype=True)
def tiled(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    scale: float | None = None,
    dropout_p: float = 0.0,
    tile: int = TILE,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale + bias) · v where `mask` allows; 0 for a query with nothing allowed.

    Raises ValueError for dropout, and for tiles below 1.
    """
    mask = as_mask(mask)
    if dropout_p > 0:
        raise ValueError('impl="tiled" cannot compute dropout; impl="reference" or "sdpa" can')
    check_at_least(1, "tile", tile)
    check_reverse_mode_only('impl="tiled"', query, key, value, bias)
    scale = scale_of(scaled_dot, scale, query.shape[-1])
    return _FlashAttention.apply(query, key, value, bias, mask, scale, tile)


class _FlashAttention(Function):
    """Forward and backward of Dao et al. (2022), algorithms 1 and 4, over any mask and bias."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        bias: Tensor | None,
        mask: Mask | None,
        scale: float,
        tile: int,
    ) -> Tensor:
        output, logsumexp = no_keys(query, value)
        for rows, columns, allowed, added in _tiles(query, key, mask, bias, tile):
            so_far = Partial(output[:, :, rows], logsumexp[:, :, rows])
            k, v = key[:, :, columns], value[:, :, columns]
            these = attend_block(query[:, :, rows], k, v, allowed, added, scale)
            output[:, :, rows], logsumexp[:, :, rows] = merge(so_far, these)

        ctx.save_for_backward(query, key, value, bias, output, logsumexp)
        ctx.mask, ctx.scale, ctx.tile = mask, scale, tile
        return output.to(query.dtype, copy=True)

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> tuple[Tensor | None, ...]:
        check_no_second_derivative('impl="tiled"')
        query, key, value, bias, output, logsumexp = ctx.saved_tensors
        pull = pull.to(output.dtype)
        delta = (pull * output).sum(dim=-1)
        d_query, d_key, d_value = (
            torch.zeros_like(states, dtype=output.dtype) for states in (query, key, value)
        )
        d_bias = None if bias is None else torch.zeros_like(bias, dtype=output.dtype)

        for rows, columns, allowed, added in _tiles(query, key, ctx.mask, bias, ctx.tile):
            step = block_gradients(
                query[:, :, rows],
                key[:, :, columns],
                value[:, :, columns],
                allowed,
                added,
                ctx.scale,
                pull[:, :, rows],
                delta[:, :, rows],
                logsumexp[:, :, rows],
            )
            d_query[:, :, rows] += step.query
            d_key[:, :, columns] += step.key
            d_value[:, :, columns] += step.value
            d_added = cut(d_bias, rows, columns)
            if d_added is not None:
                d_added += step.scores.sum_to_size(d_added.shape)

        gradients = (d_query, d_key, d_value, d_bias)
        given = (None if gradient is None else gradient.to(query.dtype) for gradient in gradients)
        return (*given, None, None, None)


def _tiles(
    query: Tensor, key: Tensor, mask: Mask | None, bias: Tensor | None, tile: int
) -> Iterator[tuple[slice, slice, Tensor | None, Tensor | None]]:
    """Every tile that the mask may let see something: queries, keys, and its mask and bias."""
    query_length, key_length = query.shape[2], key.shape[2]
    first = key_length - query_length  # the last query stands at the last key
    for rows in slices(range(query_length), tile):
        allowed = None
        if mask is not None:
            allowed = lay(mask, query, key, rows)
        places = range(rows.start + first, rows.stop + first)
        seen = range(key_length) if mask is None else mask.reach(places, key_length)
        for columns in slices(seen, tile):
            yield rows, columns, cut(allowed, ALL, columns), cut(bias, rows, columns)
