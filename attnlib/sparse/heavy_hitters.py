"""H2O: keep the keys that drew most attention so far, and the last ones (Zhang et al., 2023)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_at_least, check_groups, checked
from attnlib.layout import repeat_heads
from attnlib.masks import Causal, Dense, Mask, as_mask
from attnlib.masks._laying import any_along, blank_unseen, lay
from attnlib.normalizers import softmax
from attnlib.scores import scaled_dot


@checked
def select(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B G T D"],
    *,
    heavy: int,
    recent: int,
    mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
) -> Dense:
    """What a decoder still has at each token that evicts, and so what the token can see.

    As soon as more than `heavy` + `recent` keys are kept, the one goes that drew the least weight
    from all queries so far, over what was kept then; the last `recent` ones may not go
    (algorithm 1). What is gone stays gone. Heads that share keys add up their weights;
    a token that no query may see adds none.

    The cache that the paper spares is not spared here: all keys are laid beside one another, to
    look at, and the choice is made token by token.
    """
    check_groups(query.shape[1], key.shape[1])
    check_at_least(0, "heavy", heavy)
    check_at_least(1, "recent", recent)
    allowed = lay(Causal() if mask is None else Causal() & as_mask(mask), query, key)
    key = blank_unseen(key, allowed).detach()
    query = blank_unseen(query, allowed.mT).detach()
    unseen = ~any_along(allowed, 2).unsqueeze(-1)  # (#B, #H, T, 1)
    scores = scaled_dot(query, repeat_heads(key, query.shape[1]))
    heads, groups, tokens = query.shape[1], key.shape[1], key.shape[2]

    kept = torch.zeros(len(query), groups, tokens, dtype=torch.bool, device=key.device)
    drawn = torch.zeros(kept.shape, dtype=scores.dtype, device=key.device)
    places, rows = torch.arange(tokens, device=key.device), []
    for token in range(tokens):
        kept = kept | (places == token)
        if token >= heavy + recent:
            past = drawn[..., : token + 1 - recent].masked_fill(
                ~kept[..., : token + 1 - recent], torch.inf
            )
            kept = kept & (places != past.argmin(dim=-1, keepdim=True))
        seen = kept.repeat_interleave(heads // groups, dim=1) & allowed[:, :, token]
        rows.append(seen)
        weights = softmax(scores[:, :, token], seen).masked_fill(unseen[:, :, token], 0)
        drawn = drawn + weights.unflatten(1, (groups, heads // groups)).sum(dim=2)
    laid = torch.stack(rows, dim=2) if rows else allowed.expand(len(query), heads, 0, 0)
    return Dense(laid)
