"""Attention in chunks that are summarized and then joined (Rabe & Staats, 2021).

The older sibling of FlashAttention: the derivative is left to autograd, which computes each chunk
again when it needs it (checkpointing) instead of keeping its scores.
"""

from functools import reduce
from typing import Any, cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from attnlib.checks import check_at_least, checked
from attnlib.kernels._blocks import attend_block, cut, slices
from attnlib.kernels.online import Partial, merge, no_keys
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of


@checked(one_dtype=True)
def chunked(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    scale: float | None = None,
    dropout_p: float = 0.0,
    query_chunk: int = 1024,
    key_chunk: int = 4096,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale + bias) · v; only query_chunk · key_chunk scores per head at any time.

    With key chunks of about √T the memory beyond the output grows as √T (figure 1 of the paper,
    whose defaults these are). A second derivative exists.
    Raises ValueError for dropout, and for chunks below 1.
    """
    mask = as_mask(mask)
    if dropout_p > 0:
        raise ValueError('impl="chunked" cannot compute dropout; impl="reference" or "sdpa" can')
    check_at_least(1, "query_chunk", query_chunk)
    check_at_least(1, "key_chunk", key_chunk)
    scale = scale_of(scaled_dot, scale, query.shape[-1])

    lengths = query.shape[2], key.shape[2]
    outputs = [no_keys(query[:, :, :0], value).output]
    for rows in slices(range(lengths[0]), query_chunk):
        some = query[:, :, rows]
        allowed = None if mask is None else lay(mask, query, key, rows)
        summaries = [
            cast(
                Partial,
                _computed_again(
                    some,
                    key[:, :, columns],
                    value[:, :, columns],
                    cut(allowed, slice(None), columns),
                    cut(bias, rows, columns),
                    scale,
                ),
            )
            for columns in slices(range(lengths[1]), key_chunk)
        ]
        outputs.append(reduce(merge, summaries, no_keys(some, value)).output)
    return torch.cat(outputs, dim=2).to(query.dtype)


def _computed_again(*block: Any) -> Any:
    """`attend_block` of it, now and once more in the backward pass."""
    try:
        return checkpoint(attend_block, *block, use_reentrant=False)
    except RuntimeError as error:
        if "saved tensor hooks" not in str(error):
            raise
        raise RuntimeError(
            'impl="chunked" computes its chunks again in the backward pass, which torch.func.grad '
            'does not allow; impl="reference" or "sdpa" can'
        ) from error
