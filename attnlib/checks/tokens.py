"""Errors about tokens, which are numbers of words, and about how many of them count."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.checks.numbers import check_integers


def check_tokens(
    tokens: Int[Tensor, "B T"], table: Float[Tensor, "V E"], name: str = "tokens"
) -> None:
    """Raise TypeError or ValueError unless these integers are numbers of rows of the table.

    Compiled code does not look at values.
    """
    if tokens.dtype not in (torch.int32, torch.int64):
        raise TypeError(f"{name} must be int64 or int32, got {tokens.dtype}")
    if tokens.device != table.device:
        raise ValueError(f"{name} is on {tokens.device}, but the parameters on {table.device}")
    if torch.compiler.is_compiling() or tokens.is_meta or not tokens.numel():
        return
    lowest, highest = (int(token) for token in tokens.aminmax())
    words = table.shape[0]
    if lowest < 0 or highest >= words:
        stray = lowest if lowest < 0 else highest
        raise ValueError(f"{name} must be from 0 to {words - 1}, got {stray}")


def check_lengths(lengths: Int[Tensor, " B"], source: Int[Tensor, "B S"]) -> None:
    """Raise TypeError or ValueError unless each sequence has a length from 1 to S."""
    check_integers("lengths", lengths, dims=(1,))
    batch, longest = source.shape
    if lengths.shape[0] != batch:
        raise ValueError(f"lengths must be {batch} numbers, got {lengths.shape[0]}")
    if not torch.compiler.is_compiling() and not ((lengths > 0) & (lengths <= longest)).all():
        raise ValueError(f"lengths must be from 1 to {longest}, got {lengths.tolist()}")
