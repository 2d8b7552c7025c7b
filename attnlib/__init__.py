"""attnlib: attention, every kind of it, readable, exact and fast."""

from attnlib import masks, normalizers, scores
from attnlib.attention import Attended, attention
from attnlib.dispatch import explain
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.recording import Attend, AttentionMaps, record_attention

__version__ = "0.1.0"

__all__ = [
    "Attend",
    "Attended",
    "AttentionMaps",
    "MultiHeadAttention",
    "attention",
    "explain",
    "masks",
    "normalizers",
    "record_attention",
    "scores",
]
