"""Split-KV decoding: one token's keys cut into parts, so that all processors have work.

(Dao, Haziza, Massa & Sizov, 2023, “Flash-Decoding”.) A prompt keeps a GPU busy with one block of
queries a processor. A single new query does not; so its keys are split, every part is attended to
on its own, and the parts are merged by their logsumexp.
"""

from functools import reduce

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.kernels._blocks import attend_block, cut, slices
from attnlib.kernels.online import merge, no_keys
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of

ALL = slice(None)
SPLITS = 8


@checked(one_dtype=True)
def split_keys(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    scale: float | None = None,
    dropout_p: float = 0.0,
    splits: int = SPLITS,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale + bias) · v from `splits` parts of the keys that know nothing of others.

    Raises ValueError for dropout, and for `splits` below 1.
    """
    mask = as_mask(mask)
    if dropout_p > 0:
        raise ValueError('impl="split" cannot compute dropout; impl="reference" or "sdpa" can')
    check_at_least(1, "splits", splits)
    scale = scale_of(scaled_dot, scale, query.shape[-1])

    key_length = key.shape[2]
    allowed = None if mask is None else lay(mask, query, key)
    size = max(1, -(-key_length // splits))  # rounded up
    parts = [
        attend_block(
            query,
            key[:, :, columns],
            value[:, :, columns],
            cut(allowed, ALL, columns),
            cut(bias, ALL, columns),
            scale,
        )
        for columns in slices(range(key_length), size)
    ]
    return reduce(merge, parts, no_keys(query, value)).output.to(query.dtype)
