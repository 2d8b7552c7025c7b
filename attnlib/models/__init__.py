"""Whole models, each reading like its paper."""

from attnlib.models import bert, gpt, hub, llama, masked_words, transformer, vit

__all__ = ["bert", "gpt", "hub", "llama", "masked_words", "transformer", "vit"]
