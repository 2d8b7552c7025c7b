"""Attention to selected keys: which ones, the model decides from what the tokens hold.

A file a mechanism. Each has a function or module that selects, and gives what it selected as a
`Dense` mask; attention is then `attention(…, mask=selected)` and nothing else. Choosing has no
gradient; the chosen have. Here the selection is laid over all pairs, to read and to look at; fast
kernels gather the selected keys instead, and compute the same.
"""

from attnlib.sparse import (
    compression,
    hashing,
    lightning,
    mixture_of_blocks,
    native,
    sorted_hashing,
    top_k,
)

__all__ = [
    "compression",
    "hashing",
    "lightning",
    "mixture_of_blocks",
    "native",
    "sorted_hashing",
    "top_k",
]
