"""Attention with a state instead of a cache: time grows with T, memory per token does not grow.

A file a mechanism, and in it the same computation in three forms:

    recurrent   token by token, the definition, and how a decoder runs
    parallel    all pairs at once, the masked quadratic form: to read and to compare with softmax
    chunked     parallel inside a chunk, recurrent between chunks: how one trains

Each returns (output, state) and goes on from a given `state`. The sums have no 1/√D of their own:
scale the query where a model wants it. States are kept in float32 at least.
"""

from attnlib.linear import (
    attention_free,
    cosformer,
    delta,
    gated_delta,
    gated_linear,
    kimi_delta,
    linear_attention,
    nystrom,
    performer,
    retention,
    rwkv,
    state_space,
)
from attnlib.linear._effective_weights import effective_weights
from attnlib.linear.linformer import Linformer

__all__ = [
    "attention_free",
    "cosformer",
    "delta",
    "gated_delta",
    "gated_linear",
    "kimi_delta",
    "linear_attention",
    "nystrom",
    "performer",
    "retention",
    "rwkv",
    "state_space",
    "Linformer",
    "effective_weights",
]
