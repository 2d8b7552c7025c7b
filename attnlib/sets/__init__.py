"""Attention over sets: the order of the elements means nothing."""
