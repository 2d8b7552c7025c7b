"""Attention over images (B, C, height, width): of patches, windows, rows, channels and places."""
