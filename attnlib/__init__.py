"""attnlib: attention, every kind of it, readable, exact and fast."""

from attnlib import (
    caches,
    graphs,
    heads,
    inspect,
    kernels,
    linear,
    masks,
    models,
    normalizers,
    parallel,
    positions,
    retrieval,
    scores,
    sets,
    sparse,
    vision,
)
from attnlib._attention import attention, weighted_sum
from attnlib.attend import Attend
from attnlib.attended import Attended, Weighed
from attnlib.dispatch import Plan, explain
from attnlib.heads import MultiHeadAttention
from attnlib.inspect import AttentionMaps, record_attention

__version__ = "0.1.0"

__all__ = [
    "Attend",
    "Attended",
    "AttentionMaps",
    "MultiHeadAttention",
    "Plan",
    "Weighed",
    "attention",
    "caches",
    "explain",
    "graphs",
    "heads",
    "inspect",
    "kernels",
    "linear",
    "masks",
    "models",
    "normalizers",
    "parallel",
    "positions",
    "record_attention",
    "retrieval",
    "scores",
    "sets",
    "sparse",
    "vision",
    "weighted_sum",
]
