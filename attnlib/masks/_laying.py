"""A mask laid over queries and keys."""

from typing import overload

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.masks.big_bird import BigBird
from attnlib.masks.causal import Causal
from attnlib.masks.chunk import Chunk
from attnlib.masks.dense import Dense
from attnlib.masks.dilated import Dilated
from attnlib.masks.document import Document
from attnlib.masks.mask import And, Mask
from attnlib.masks.neighborhood import Neighborhood
from attnlib.masks.strided import Strided
from attnlib.masks.window import Window


def check_fits(mask: Mask | None, query: Tensor, key: Tensor) -> None:
    """Raise TypeError or ValueError unless the mask can be laid over these queries and keys."""
    if mask is None:
        return
    if not isinstance(mask, Mask):
        raise TypeError(f"mask must be a Mask or a boolean tensor, got {type(mask).__name__}")
    lengths = query.shape[2], key.shape[2]
    one_row = mask.dense(*lengths, rows=slice(0, 1), device=query.device)
    for axis, things in enumerate(("sequences", "heads")):
        if one_row.shape[axis] not in (1, query.shape[axis]):
            raise ValueError(
                f"mask is for {one_row.shape[axis]} {things}, but query has {query.shape[axis]}"
            )


# Under these every token sees itself, so that none is hidden from all.
SEES_ITSELF = (Causal, Window, Dilated, Strided, Chunk, Document, BigBird, Neighborhood)


@overload
def blank_hidden(
    x: Tensor, context: Tensor, mask: Mask | Tensor | None
) -> tuple[Tensor, Tensor]: ...


@overload
def blank_hidden(x: Tensor, context: None, mask: Mask | Tensor | None) -> tuple[Tensor, None]: ...


def blank_hidden(
    x: Float[Tensor, "B Tq E"],
    context: Float[Tensor, "B Tk C"] | None,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None,
) -> tuple[Float[Tensor, "B Tq E"], Float[Tensor, "B Tk C"] | None]:
    """Zero the tokens of x that see nothing and those of the context that nobody sees; when x looks
    at itself, the tokens that are both.

    What `blank_unseen` does for queries and keys, before they are projected: else a NaN in padding
    would reach the gradients of the projection's weights.
    """
    mask = Dense(mask) if isinstance(mask, Tensor) else mask
    if not isinstance(mask, Mask) or (context is None and sees_itself(mask)):
        return x, context
    keys = x if context is None else context
    allowed = mask.dense(x.shape[1], keys.shape[1], device=x.device)
    if allowed.shape[0] not in (1, len(x)):
        raise ValueError(f"mask is for {allowed.shape[0]} sequences, but x has batch size {len(x)}")
    asks = allowed.any(dim=3).any(dim=1).unsqueeze(-1)  # (#B, Tq, 1)
    seen = allowed.any(dim=2).any(dim=1).unsqueeze(-1)  # (#B, Tk, 1)
    if context is None:
        return x.masked_fill(~(asks | seen), 0), None
    return x.masked_fill(~asks, 0), context.masked_fill(~seen, 0)


def sees_itself(mask: Mask) -> bool:
    """Whether the rule alone, its tensors unread, says that every token sees itself."""
    if isinstance(mask, And):
        return sees_itself(mask.left) and sees_itself(mask.right)
    return isinstance(mask, SEES_ITSELF)


def blank_unseen(states: Tensor, allowed: Bool[Tensor, "#B #H Tq Tk"]) -> Tensor:
    """Zero the keys or values (B, G, Tk, D) that no query may see (and, with the mask turned
    over, the queries that may see no key).

    A weight of 0 does not stop a NaN (0 · NaN = NaN): what lies in padding must be cleared first.
    """
    seen = allowed.any(dim=-2).unsqueeze(-1)
    heads, key_heads = seen.shape[1], states.shape[1]
    if heads not in (1, key_heads):
        seen = seen.unflatten(1, (key_heads, heads // key_heads)).any(dim=2)
    return states.masked_fill(~seen, 0)
