"""Errors about tokens, which are numbers of words, and about how many of them count."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.checks.numbers import check_integers, lowest_and_highest


def check_tokens(
    tokens: Int[Tensor, "B T"], table: Float[Tensor, "V E"], name: str = "tokens"
) -> None:
    """Raise TypeError or ValueError unless these integers are numbers of rows of the table.

    Values are looked at where there are any: not in compiled code, on meta or inside vmap.
    """
    if tokens.dtype not in (torch.int32, torch.int64):
        raise TypeError(f"{name} must be int64 or int32, got {tokens.dtype}")
    if tokens.device != table.device:
        raise ValueError(f"{name} is on {tokens.device}, but the parameters on {table.device}")
    words, found = table.shape[0], lowest_and_highest(tokens)
    if found is not None and (found[0] < 0 or found[1] >= words):
        stray = found[0] if found[0] < 0 else found[1]
        raise ValueError(f"{name} must be from 0 to {words - 1}, got {stray}")


def check_lengths(lengths: Int[Tensor, " B"], source: Int[Tensor, "B S"]) -> None:
    """Raise TypeError or ValueError unless each sequence has a length from 1 to S."""
    check_integers("lengths", lengths, dims=(1,))
    batch, longest = source.shape
    if lengths.shape[0] != batch:
        raise ValueError(f"lengths must be {batch} numbers, got {lengths.shape[0]}")
    found = lowest_and_highest(lengths)
    if found is not None and (found[0] < 1 or found[1] > longest):
        raise ValueError(f"lengths must be from 1 to {longest}, got {lengths.tolist()}")
