"""Look inside a model: record its attention, switch heads off, find out who sees whom."""

from attnlib.inspect import induction
from attnlib.inspect.ablation import head_counts, heads_off
from attnlib.inspect.leaks import who_sees_whom
from attnlib.inspect.recording import AttentionMaps, record_attention

__all__ = [
    "AttentionMaps",
    "record_attention",
    "head_counts",
    "heads_off",
    "who_sees_whom",
    "induction",
]
