"""Attention that looks things up: memories, pointers, slots, learned queries."""

from attnlib.retrieval.copying import GenerationGate, copy_or_generate
from attnlib.retrieval.hopfield import energy, retrieve
from attnlib.retrieval.latent_queries import LatentQueries
from attnlib.retrieval.pointer import Pointer
from attnlib.retrieval.slots import SlotAttention

__all__ = [
    "Pointer",
    "GenerationGate",
    "copy_or_generate",
    "energy",
    "retrieve",
    "LatentQueries",
    "SlotAttention",
]
