"""How far a query stands from a key: what every relative scheme starts from."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.checks import checked


def distances(
    query_length: int, key_length: int, *, device: torch.device | str | None = None
) -> Int[Tensor, "Tq Tk"]:
    """i − j: positive when the key lies before the query.

    The last query stands at the last key, as for masks: query i has the place i + Tk − Tq.
    """
    for name, length in (("query_length", query_length), ("key_length", key_length)):
        if isinstance(length, float) or length < 0:
            raise ValueError(f"{name} must be a whole number, 0 or more, got {length}")
    query = torch.arange(query_length, device=device) + (key_length - query_length)
    return query[:, None] - torch.arange(key_length, device=device)


@checked
def pick(
    choices: Float[Tensor, "B H Tq N"], index: Int[Tensor, "Tq Tk"]
) -> Float[Tensor, "B H Tq Tk"]:
    """choices[b, h, i, index[i, j]]: of N numbers that a query has, the one for each key."""
    return choices.gather(-1, index.expand(*choices.shape[:2], -1, -1))
