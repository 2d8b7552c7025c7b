"""From a distribution over the next token to one token: temperature, top-k, top-p.

temperature   p = softmax(logits / τ)                 τ → 0: always the likeliest
top-k         only the k likeliest may come           (Fan et al., 2018)
top-p         only the fewest that hold p together    (Holtzman et al., 2020, section 3.1)
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def distribution(
    logits: Float[Tensor, "*B V"],
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
) -> Float[Tensor, "*B V"]:
    """Probabilities of the next token; those cut away are 0 and the others sum to 1.

    The temperature comes first, then top-k, then top-p of what is left. Raises ValueError unless
    0 < temperature, 1 ≤ top_k and 0 < top_p ≤ 1.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    below = logits - logits.amax(dim=-1, keepdim=True)  # 0 for the likeliest, however cold
    logits = (below / temperature).masked_fill(below == 0, 0)
    if top_k is not None:
        logits = keep_likeliest(logits, top_k)
    return keep_nucleus(logits, top_p).softmax(dim=-1)


def keep_likeliest(logits: Float[Tensor, "*B V"], k: int) -> Float[Tensor, "*B V"]:
    """−∞ for all but the k largest; what ties with the last of them stays too."""
    if k < 1:
        raise ValueError(f"top_k must be at least 1, got {k}")
    last = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < last, -torch.inf)


def keep_nucleus(logits: Float[Tensor, "*B V"], p: float) -> Float[Tensor, "*B V"]:
    """−∞ for all but the nucleus: the fewest tokens, likeliest first, that hold p together."""
    if not 0 < p <= 1:
        raise ValueError(f"top_p must be above 0 and at most 1, got {p}")
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True, stable=True)
    chances = ordered.softmax(dim=-1)
    before = chances.cumsum(dim=-1) - chances  # what those likelier hold
    cut = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(cut, -torch.inf)


def draw(probabilities: Float[Tensor, "*B V"], chance: Float[Tensor, "*B"]) -> Int[Tensor, "*B"]:
    """The token at which the running sum of the probabilities passes `chance`, from [0, 1)."""
    running = probabilities.double().cumsum(dim=-1)
    target = chance.double()[..., None] * running[..., -1:]
    return torch.searchsorted(running, target, right=True).squeeze(-1)
