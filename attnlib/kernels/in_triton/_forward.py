"""The forward pass: one program per block of queries goes through the keys that it sees.

The loop of `flash.c` once more (Dao, 2023; in Triton, Tillet et al., 2019).
"""

import triton  # type: ignore[import-untyped]
import triton.language as tl  # type: ignore[import-untyped]

from attnlib.kernels.in_triton._tiles import scores_of, states


@triton.jit
def forward(
    q, k, v, bias, bias_batch, bias_head, bias_row, bias_column, output, lse, heads, group,
    queries, keys, size, value_size, before, after, scale,
    BIAS: tl.constexpr, WIDE: tl.constexpr, VALUE_WIDE: tl.constexpr, ROWS: tl.constexpr,
    COLUMNS: tl.constexpr, KIND: tl.constexpr,
):  # fmt: skip
    start, head = tl.program_id(0) * ROWS, tl.program_id(1)
    key_head = (head // heads) * (heads // group) + head % heads // group
    rows, offset = start + tl.arange(0, ROWS), keys - queries
    bias += (head // heads) * bias_batch + head % heads * bias_head
    at, there = states(q + head * queries * size, rows, queries, size, WIDE)
    query = tl.load(at, mask=there, other=0.0).to(KIND)
    largest = tl.full((ROWS,), float("-inf"), tl.float32)
    total = tl.zeros((ROWS,), tl.float32)
    so_far = tl.zeros((ROWS, VALUE_WIDE), tl.float32)
    first = tl.maximum(0, start + offset - before)
    end = tl.minimum(keys, tl.minimum(start + ROWS, queries) + offset + after)
    for j in range(first, end, COLUMNS):
        columns = j + tl.arange(0, COLUMNS)
        at, there = states(k + key_head * keys * size, columns, end, size, WIDE)
        key = tl.load(at, mask=there, other=0.0).to(KIND)
        at, there = states(v + key_head * keys * value_size, columns, end, value_size, VALUE_WIDE)
        value = tl.load(at, mask=there, other=0.0).to(KIND)
        scores = scores_of(
            query, key, rows, columns, bias, bias_row, bias_column, queries, end, offset, before,
            after, scale, BIAS,
        )  # fmt: skip
        now = tl.maximum(largest, tl.max(scores, 1))
        finite = tl.where(now == float("-inf"), 0.0, now)  # nothing seen yet: no −∞ minus −∞
        fading, weights = tl.exp2(largest - finite), tl.exp2(scores - finite[:, None])
        total = total * fading + tl.sum(weights, 1)
        so_far *= fading[:, None]
        so_far += tl.dot(weights.to(KIND), value, input_precision="ieee")
        largest = now
    nothing = total == 0
    so_far /= tl.where(nothing, 1.0, total)[:, None]
    at, there = states(output + head * queries * value_size, rows, queries, value_size, VALUE_WIDE)
    tl.store(at, so_far.to(output.dtype.element_ty), mask=there)
    logarithm = tl.where(nothing, float("-inf"), largest + tl.log2(tl.where(nothing, 1.0, total)))
    tl.store(lse + head * queries + rows, logarithm, mask=rows < queries)
