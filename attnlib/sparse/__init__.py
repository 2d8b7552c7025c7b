"""Attention to selected keys: which ones, the model decides from what the tokens hold.

One mechanism per file. Each has a function `select`, which gives what it selected as a `Dense`
mask; attention is then `attention(…, mask=selected)` and nothing else. How many or how large is
said by keyword, `count=`, `block=`, `chunk=`, and a `mask=` of your own leaves less to select from.
Choosing has no gradient; the chosen have. Here the selection is laid over all pairs, to read and to
look at; fast kernels gather the selected keys instead, and compute the same.
"""

from attnlib.sparse import (
    block_gate,
    compressed_sparse,
    dynamic_mask,
    gated_windows,
    hashing,
    heavily_compressed,
    heavy_hitters,
    lightning,
    max_blocks,
    mean_blocks,
    mixture_of_blocks,
    native,
    observed,
    page_bounds,
    reuse,
    sorted_hashing,
    switchable,
    top_k,
)

__all__ = [
    "block_gate",
    "compressed_sparse",
    "gated_windows",
    "hashing",
    "heavily_compressed",
    "lightning",
    "mixture_of_blocks",
    "native",
    "sorted_hashing",
    "dynamic_mask",
    "heavy_hitters",
    "max_blocks",
    "mean_blocks",
    "observed",
    "page_bounds",
    "reuse",
    "switchable",
    "top_k",
]
