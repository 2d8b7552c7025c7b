"""Attention among the members of a set, whose order means nothing."""

from attnlib.sets.induced import InducedSetAttention
from attnlib.sets.pooling import AttentionPooling
from attnlib.sets.set_attention import CrossSetAttention, SetAttention

__all__ = ["CrossSetAttention", "SetAttention", "InducedSetAttention", "AttentionPooling"]
