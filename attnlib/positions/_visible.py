"""What a mask leaves for positions to read."""

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.masks import Mask, as_mask


def visible(
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"], query: Float[Tensor, "B H Tq D"], key_length: int
) -> Bool[Tensor, "#B #H Tq Tk"]:
    """The mask laid over the queries and so many keys. Raises when it is for other ones."""
    allowed = as_mask(mask).dense(query.shape[2], key_length, device=query.device)
    for axis, things in enumerate(("sequences", "heads")):
        if allowed.shape[axis] not in (1, query.shape[axis]):
            raise ValueError(
                f"mask is for {allowed.shape[axis]} {things}, but query has {query.shape[axis]}"
            )
    return allowed
