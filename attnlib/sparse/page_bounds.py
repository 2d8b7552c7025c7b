"""Quest: pages of the cache chosen by how high a score in them can be (Tang et al., 2024)."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_at_least, check_groups, checked
from attnlib.layout import repeat_heads
from attnlib.masks import Causal, Dense, Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.precision import at_least_float32
from attnlib.sparse._best import best


@checked
def bounds(
    query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B G Tk D"], *, page: int
) -> Float[Tensor, "B H Tq N"]:
    """Σ_c max(q_c · low_c, q_c · high_c): no dot product with a key of the page is more.

    Of each page of `page` keys only the lowest and the highest number per channel c are kept
    (section 3.2). The last page may be shorter.
    """
    check_groups(query.shape[1], key.shape[1])
    check_at_least(1, "page", page)
    query, key = at_least_float32(query), at_least_float32(repeat_heads(key, query.shape[1]))
    missing, number = -key.shape[2] % page, -(-key.shape[2] // page)
    low = F.pad(key, (0, 0, 0, missing), value=torch.inf).unflatten(2, (number, page)).amin(dim=3)
    high = F.pad(key, (0, 0, 0, missing), value=-torch.inf).unflatten(2, (number, page)).amax(dim=3)
    return query.clamp(min=0) @ high.mT + query.clamp(max=0) @ low.mT


@checked
def select(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    *,
    page: int,
    count: int,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Dense:
    """The tokens up to the query's own, in the `count` pages with the highest bounds.

    The query's own page is always among them; of the others only those that are wholly past, so
    that no bound tells of the future. What a further `mask` hides is left out of the pages chosen.
    """
    allowed = lay(Causal() if mask is None else Causal() & as_mask(mask), query, key)
    there = allowed.any(dim=2, keepdim=True).any(dim=1, keepdim=True).mT  # (#B, 1, Tk, 1)
    highest = bounds(query.detach(), key.detach().masked_fill(~there, 0), page=page)
    first = key.shape[2] - query.shape[2]
    places = torch.arange(first, key.shape[2], device=key.device).unsqueeze(-1)
    number = torch.arange(highest.shape[-1], device=key.device)
    own = number == places // page
    past = (number + 1) * page <= places + 1
    chosen = best(highest.masked_fill(own, torch.inf), count, (own | past).expand_as(highest))
    return Dense(chosen.repeat_interleave(page, dim=-1)[..., : key.shape[2]] & allowed)
