"""Errors about tokens, settings and weights that a model cannot take."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.caches.growing import Cache
from attnlib.checks import check_integers


def check_tokens(
    tokens: Int[Tensor, "B T"], table: Float[Tensor, "V E"], name: str = "tokens"
) -> None:
    """Raise TypeError or ValueError unless `tokens` are (B, T) numbers of rows of the table.

    Compiled code does not look at values.
    """
    if not isinstance(tokens, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(tokens).__name__}")
    if tokens.dtype not in (torch.int32, torch.int64):
        raise TypeError(f"{name} must be int64 or int32, got {tokens.dtype}")
    if tokens.dim() != 2:
        raise ValueError(f"{name} must have the axes (B, T), got {tuple(tokens.shape)}")
    if tokens.device != table.device:
        raise ValueError(f"{name} is on {tokens.device}, but the parameters on {table.device}")
    if torch.compiler.is_compiling() or tokens.is_meta or not tokens.numel():
        return
    lowest, highest = (int(token) for token in tokens.aminmax())
    if lowest < 0 or highest >= len(table):
        stray = lowest if lowest < 0 else highest
        raise ValueError(f"{name} must be from 0 to {len(table) - 1}, got {stray}")


def check_lengths(lengths: Int[Tensor, " B"], source: Int[Tensor, "B S"]) -> None:
    """Raise TypeError or ValueError unless each sequence has a length from 1 to S."""
    check_integers("lengths", lengths, dims=(1,))
    batch, longest = source.shape
    if lengths.shape[0] != batch:
        raise ValueError(f"lengths must be {batch} numbers, got {lengths.shape[0]}")
    if not torch.compiler.is_compiling() and not ((lengths > 0) & (lengths <= longest)).all():
        raise ValueError(f"lengths must be from 1 to {longest}, got {lengths.tolist()}")


def one_per_layer(caches: Sequence[Cache] | None, layers: int) -> Sequence[Cache | None]:
    """The caches, or None for each layer. Raises ValueError unless there is one per layer."""
    if caches is None:
        return [None] * layers
    if len(caches) != layers:
        raise ValueError(f"caches must be {layers}, one per layer; got {len(caches)}")
    return caches


def check_settings(config: dict[str, Any], **computed: Any) -> None:
    """Raise ValueError when `config` asks for something else than what the model computes."""
    for setting, ours in computed.items():
        theirs = config.get(setting, ours)
        if theirs != ours:
            raise ValueError(f"config has {setting} {theirs!r}, but the model computes {ours!r}")
