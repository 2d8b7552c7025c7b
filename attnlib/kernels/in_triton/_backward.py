"""The backward pass: weights are computed again, tile by tile, from the logsumexp.

One program per block of queries for their gradients, one per block of keys for theirs, so that no
two write the same numbers. `delta` is Σ dO ∘ O of each query (Dao et al., 2022, appendix B.2).
"""

import triton  # type: ignore[import-untyped]
import triton.language as tl  # type: ignore[import-untyped]

from attnlib.kernels.in_triton._tiles import scores_of, states


@triton.jit
def weights_and_pulls(
    query, key, value, pull, rows, columns, lse, delta, bias, bias_row, bias_column, queries, end,
    offset, before, after, scale, BIAS: tl.constexpr, KIND: tl.constexpr,
):  # fmt: skip
    """P of one tile, computed again from the logsumexp, and dS = P ∘ (dO·Vᵀ − δ)."""
    scores = scores_of(
        query, key, rows, columns, bias, bias_row, bias_column, queries, end, offset, before,
        after, scale, BIAS,
    )  # fmt: skip
    known = tl.load(lse + rows, mask=rows < queries, other=0.0)
    known = tl.where(known == float("-inf"), 0.0, known)
    weights = tl.exp2(scores - known[:, None])
    d_weights = tl.dot(pull, tl.trans(value), input_precision="ieee")
    shift = tl.load(delta + rows, mask=rows < queries, other=0.0)
    return weights.to(KIND), (weights * (d_weights - shift[:, None])).to(KIND)


@triton.jit
def backward_queries(
    q, k, v, bias, bias_batch, bias_head, bias_row, bias_column, pulls, lse, delta, d_q, heads,
    group, queries, keys, size, value_size, before, after, scale, plain_scale,
    BIAS: tl.constexpr, WIDE: tl.constexpr, VALUE_WIDE: tl.constexpr, ROWS: tl.constexpr,
    COLUMNS: tl.constexpr, KIND: tl.constexpr,
):  # fmt: skip
    start, head = tl.program_id(0) * ROWS, tl.program_id(1)
    key_head = (head // heads) * (heads // group) + head % heads // group
    rows, offset = start + tl.arange(0, ROWS), keys - queries
    bias += (head // heads) * bias_batch + head % heads * bias_head
    at, there = states(q + head * queries * size, rows, queries, size, WIDE)
    query = tl.load(at, mask=there, other=0.0).to(KIND)
    at, there = states(pulls + head * queries * value_size, rows, queries, value_size, VALUE_WIDE)
    pull = tl.load(at, mask=there, other=0.0).to(KIND)
    gradient = tl.zeros((ROWS, WIDE), tl.float32)
    first = tl.maximum(0, start + offset - before)
    end = tl.minimum(keys, tl.minimum(start + ROWS, queries) + offset + after)
    for j in range(first, end, COLUMNS):
        columns = j + tl.arange(0, COLUMNS)
        at, there = states(k + key_head * keys * size, columns, end, size, WIDE)
        key = tl.load(at, mask=there, other=0.0).to(KIND)
        at, there = states(v + key_head * keys * value_size, columns, end, value_size, VALUE_WIDE)
        value = tl.load(at, mask=there, other=0.0).to(KIND)
        _, d_scores = weights_and_pulls(
            query, key, value, pull, rows, columns, lse + head * queries, delta + head * queries,
            bias, bias_row, bias_column, queries, end, offset, before, after, scale, BIAS, KIND,
        )  # fmt: skip
        gradient += tl.dot(d_scores, key, input_precision="ieee")
    at, there = states(d_q + head * queries * size, rows, queries, size, WIDE)
    tl.store(at, gradient * plain_scale, mask=there)


@triton.jit
def backward_keys(
    q, k, v, bias, bias_batch, bias_head, bias_row, bias_column, pulls, lse, delta, d_k, d_v,
    heads, group, queries, keys, size, value_size, before, after, scale, plain_scale,
    BIAS: tl.constexpr, WIDE: tl.constexpr, VALUE_WIDE: tl.constexpr, ROWS: tl.constexpr,
    COLUMNS: tl.constexpr, KIND: tl.constexpr,
):  # fmt: skip
    start, key_head = tl.program_id(0) * COLUMNS, tl.program_id(1)
    columns, offset = start + tl.arange(0, COLUMNS), keys - queries
    batch, key_heads = key_head // (heads // group), heads // group
    at, there = states(k + key_head * keys * size, columns, keys, size, WIDE)
    key = tl.load(at, mask=there, other=0.0).to(KIND)
    at, there = states(v + key_head * keys * value_size, columns, keys, value_size, VALUE_WIDE)
    value = tl.load(at, mask=there, other=0.0).to(KIND)
    d_key = tl.zeros((COLUMNS, WIDE), tl.float32)
    d_value = tl.zeros((COLUMNS, VALUE_WIDE), tl.float32)
    first = tl.maximum(0, start - after - offset)
    end = tl.minimum(queries, tl.minimum(start + COLUMNS, keys) + before - offset)
    for one in range(group):  # all query heads that use this key head
        head = batch * heads + key_head % key_heads * group + one
        its = bias + batch * bias_batch + head % heads * bias_head
        for i in range(first, end, ROWS):
            rows = i + tl.arange(0, ROWS)
            at, there = states(q + head * queries * size, rows, queries, size, WIDE)
            query = tl.load(at, mask=there, other=0.0).to(KIND)
            place = pulls + head * queries * value_size
            at, there = states(place, rows, queries, value_size, VALUE_WIDE)
            pull = tl.load(at, mask=there, other=0.0).to(KIND)
            weights, d_scores = weights_and_pulls(
                query, key, value, pull, rows, columns, lse + head * queries,
                delta + head * queries, its, bias_row, bias_column, queries, keys, offset, before,
                after, scale, BIAS, KIND,
            )  # fmt: skip
            d_value += tl.dot(tl.trans(weights), pull, input_precision="ieee")
            d_key += tl.dot(tl.trans(d_scores), query, input_precision="ieee")
    at, there = states(d_k + key_head * keys * size, columns, keys, size, WIDE)
    tl.store(at, d_key * plain_scale, mask=there)
    at, there = states(d_v + key_head * keys * value_size, columns, keys, value_size, VALUE_WIDE)
    tl.store(at, d_value, mask=there)
