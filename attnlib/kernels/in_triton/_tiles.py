"""A tile of queries, keys or scores. Scores are kept in units of log 2: hardware has 2^x."""

import triton  # type: ignore[import-untyped]
import triton.language as tl  # type: ignore[import-untyped]


@triton.jit
def states(start, places, length, size, WIDE: tl.constexpr):
    """Pointers and mask of some rows of a contiguous (T, size), as wide as a power of 2."""
    columns = tl.arange(0, WIDE)
    there = (places < length)[:, None] & (columns < size)[None, :]
    return start + places[:, None] * size + columns[None, :], there


@triton.jit
def scores_of(
    query, key, rows, columns, bias, bias_row, bias_column, queries, end, offset, before, after,
    scale, BIAS: tl.constexpr,
):  # fmt: skip
    """A tile of scores in units of log 2, −∞ where the band hides."""
    scores = tl.dot(query, tl.trans(key), input_precision="ieee") * scale
    seen = (rows < queries)[:, None] & (columns < end)[None, :]
    place = rows[:, None] + offset
    seen = seen & (columns[None, :] >= place - before) & (columns[None, :] <= place + after)
    if BIAS:
        at = bias + rows[:, None] * bias_row + columns[None, :] * bias_column
        scores += tl.load(at, mask=seen, other=0.0).to(tl.float32) * 1.4426950408889634
    return tl.where(seen, scores, float("-inf"))
