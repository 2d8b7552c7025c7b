"""xPos: rotary positions whose far keys fade (Sun et al., 2022)."""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_number, checked
from attnlib.positions.rotary import Pairing, angles, frequencies, turn


@checked
def fading_rotation(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    *,
    pairing: Pairing,
    base: float = 10_000.0,
    spread: float = 512.0,
) -> tuple[Float[Tensor, "B H Tq D"], Float[Tensor, "B G Tk D"]]:
    """Query and key turned by their places i and j, times ζ_c^(i/spread) and ζ_c^(−j/spread).

    ζ_c = (2c/D + γ) / (1 + γ) with γ = 0.4, from 0.29 for the fastest pair to nearly 1: a pair's
    part of the score at the distance n = i − j falls as ζ_c^(n/spread). For causal attention, where
    n ≥ 0. The keys stand at 0 … Tk − 1, the queries at the last places; all are counted from the
    middle, which changes no score and keeps the powers small.

    Raises TypeError or ValueError when D is odd, or there are more queries than keys.
    """
    check_number("spread", spread)
    if spread <= 0:
        raise ValueError(f"spread must be above 0, got {spread}")
    queries, keys, size = query.shape[2], key.shape[2], key.shape[3]
    if queries > keys:
        raise ValueError(f"query has length {queries}, but key has {keys}")
    turns = frequencies(size, base=base)
    gamma = 0.4
    zeta = (torch.arange(0, size, 2, dtype=torch.float64) / size + gamma) / (1 + gamma)
    places = torch.arange(keys, device=key.device)
    faded = zeta.to(key.device) ** ((places - keys // 2) / spread).unsqueeze(-1)  # (Tk, D/2)
    turned = angles(places, turns)
    last = slice(keys - queries, None)
    return (
        turn(query, turned[last], pairing=pairing) * _spread(faded[last], pairing).to(query),
        turn(key, turned, pairing=pairing) * _spread(1 / faded, pairing).to(key),
    )


def _spread(each: Float[Tensor, "T D/2"], pairing: Pairing) -> Float[Tensor, "T D"]:
    """One number per pair, to both of its places."""
    return torch.cat((each, each), -1) if pairing == "half" else each.repeat_interleave(2, -1)
