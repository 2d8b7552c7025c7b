"""Attention along the edges of a graph."""

from attnlib.graphs.dynamic_graph_attention import DynamicGraphAttention
from attnlib.graphs.graph_attention import GraphAttention, neighborhood

__all__ = ["GraphAttention", "DynamicGraphAttention", "neighborhood"]
