"""Errors about tokens, settings and weights that a model cannot take."""

from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor


def check_tokens(tokens: Int[Tensor, "B T"], words: int) -> None:
    """Raise TypeError or ValueError unless `tokens` are (B, T) integers from 0 to `words` − 1.

    Compiled code does not look at values.
    """
    if not isinstance(tokens, Tensor):
        raise TypeError(f"tokens must be a tensor, got {type(tokens).__name__}")
    if tokens.dtype not in (torch.int32, torch.int64):
        raise TypeError(f"tokens must be int64 or int32, got {tokens.dtype}")
    if tokens.dim() != 2:
        raise ValueError(f"tokens must have the axes (B, T), got {tuple(tokens.shape)}")
    if torch.compiler.is_compiling() or not tokens.numel():
        return
    lowest, highest = (int(token) for token in tokens.aminmax())
    if lowest < 0 or highest >= words:
        stray = lowest if lowest < 0 else highest
        raise ValueError(f"tokens must be from 0 to {words - 1}, got {stray}")


def check_settings(config: dict[str, Any], **computed: Any) -> None:
    """Raise ValueError when `config` asks for something else than what the model computes."""
    for setting, ours in computed.items():
        theirs = config.get(setting, ours)
        if theirs != ours:
            raise ValueError(f"config has {setting} {theirs!r}, but the model computes {ours!r}")
