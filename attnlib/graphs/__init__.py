"""Attention over the neighbors in a graph."""
