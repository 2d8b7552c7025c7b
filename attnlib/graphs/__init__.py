"""Attention along the edges of a graph."""

from attnlib.graphs.dynamic_graph_attention import DynamicGraphAttention
from attnlib.graphs.edges import neighborhood
from attnlib.graphs.graph_attention import GraphAttention

__all__ = ["GraphAttention", "DynamicGraphAttention", "neighborhood"]
