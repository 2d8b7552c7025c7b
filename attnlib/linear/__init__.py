"""Attention with a state instead of a cache: time grows with T, memory per token does not grow.

One mechanism per file, and in it the same computation in three forms:

    recurrent   token by token, the definition, and how a decoder runs
    parallel    all pairs at once, the masked quadratic form: to read and to compare with softmax
    chunked     parallel inside a chunk, recurrent between chunks: how one trains

Each returns (output, state) and goes on from a given `state`. The sums have no 1/√D of their own:
scale the query where a model wants it. States are kept in float32 at least, and a state of another
type is refused.

Query, key and value come first; then what forgets, then what writes; options are keywords.

    decay        the factor that is kept per token, in (0, 1]; `log_decay` its logarithm, −∞ to 0
    rate         how fast it fades, at least 0: the factor kept is e^−rate per token or step
    write        how much of the correction is written, from 0 to 2; `log_write` its logarithm
    erase        how much of what is stored is taken out, where that is a choice of its own
    step         how far a token goes, at least 0: of time, or of gradient descent

A gate of the token is (B, H, T), one per head, or where each channel has its own, (B, H, T, D). A
value outside its range is refused in every form (on a GPU that look waits for the gate); compiled
and exported code, vmap and the capture of a CUDA graph do not look at values.

Every form raises TypeError or ValueError naming the argument when types, shapes or devices do not
fit, or a gate leaves its range.

Heads are shared in groups: of query, key, value and gates, what has fewer heads than the most, H,
is repeated, its head h // (H/G) serving head h. So keys and values may be shared by several queries
(grouped queries), and queries and keys by several values, each with gates and a state of its own
(Qwen3-Next, Mamba-2). Output and state have H heads. In the signatures Hq, Hk and Hv are the heads
of query, key and value, Hg those of what forgets, Hw of what writes.

`full` sees all keys at once, causal or not. Where the keys are summed up (linear attention,
Performer, cosFormer) it returns (output, state) too, and the causal forms go on from there; where
the weights are made (attention free, Nyströmformer) it returns the `output` with its `weights`,
computed when they are read. `effective_weights` gives the matrix that any other form stands for.
"""

from attnlib.linear import (
    attention_free,
    bounded_memory,
    comba,
    cosformer,
    delta,
    delta_product,
    gated_delta,
    gated_delta_2,
    gated_linear,
    gated_slots,
    kimi_delta,
    linear_attention,
    log_linear,
    mamba,
    mamba3,
    mesa,
    mixture,
    mlstm,
    nystrom,
    performer,
    retention,
    rwkv,
    rwkv6,
    rwkv7,
    state_space,
    taylor,
    titans,
    ttt,
)
from attnlib.linear._effective_weights import effective_weights
from attnlib.linear.linformer import Linformer

__all__ = [
    "attention_free",
    "bounded_memory",
    "comba",
    "cosformer",
    "delta",
    "delta_product",
    "gated_delta",
    "gated_delta_2",
    "gated_linear",
    "gated_slots",
    "kimi_delta",
    "linear_attention",
    "log_linear",
    "mamba",
    "mamba3",
    "mesa",
    "mixture",
    "mlstm",
    "nystrom",
    "performer",
    "retention",
    "rwkv",
    "rwkv6",
    "rwkv7",
    "state_space",
    "taylor",
    "titans",
    "ttt",
    "Linformer",
    "effective_weights",
]
