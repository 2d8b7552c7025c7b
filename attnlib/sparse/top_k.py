"""Each query keeps its best keys only (Zhao et al., 2019, explicit sparse transformer)."""

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib._attention import attention
from attnlib.attended import Attended
from attnlib.checks import checked
from attnlib.layout import repeat_heads
from attnlib.masks import Dense, Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.scores import scaled_dot
from attnlib.sparse._best import best


def top_k_attention(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    count: int,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Attended:
    """softmax(QKᵀ/√D among the `count` highest of its row) · V

    The `.mask` of what it returns is the selection. With `count` ≥ Tk it is plain attention. Of
    equal scores the paper keeps all, this keeps the first: exactly `count`. Every score is
    computed, only the sum over values is short; the other types here save scores too.
    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    return attention(query, key, value, mask=select(query, key, count=count, mask=mask))


@checked
def select(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    *,
    count: int,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Dense:
    """The `count` keys, among those that `mask` allows, with each query's highest scores."""
    allowed = None if mask is None else lay(as_mask(mask), query, key)
    scores = scaled_dot(query, repeat_heads(key, query.shape[1]))
    return Dense(best(scores, count, allowed))
