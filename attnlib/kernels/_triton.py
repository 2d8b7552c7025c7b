"""FlashAttention in Triton: `in_triton`, with attnlib's meaning and its gradient."""

import os
from importlib.util import find_spec
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd import Function

from attnlib.checks import checked
from attnlib.kernels._blocks import blanked, check_no_second_derivative, check_reverse_mode_only
from attnlib.kernels._sight import EVERYTHING, seen_by_place
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of

NAME = 'impl="triton"'
ROWS, COLUMNS = 64, 64
LOG2_E = 1.4426950408889634


@checked(one_dtype=True)
def triton(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    scale: float | None = None,
    dropout_p: float = 0.0,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale + bias) · v on a GPU, under a band: `Causal`, `Window` and what & makes.

    Sums are taken in float32. With TRITON_INTERPRET=1 set before it is first used, it runs on the
    CPU, slowly, for reading and testing. Raises ValueError for other masks and devices, float64,
    dropout and a learned bias, RuntimeError where triton is not installed.
    """
    mask = as_mask(mask)
    if dropout_p > 0:
        raise ValueError(f'{NAME} cannot compute dropout; impl="reference" or "sdpa" can')
    if query.device.type not in ("cuda", "meta") and not _interprets():
        where = query.device.type
        raise ValueError(f'{NAME} runs on a GPU, got query on {where}; impl="sdpa" runs there')
    if query.dtype == torch.float64:
        raise ValueError(f'{NAME} computes in float32, got float64; impl="sdpa" computes in it')
    seen = EVERYTHING if mask is None else seen_by_place(mask)
    if seen is None or seen.paddings:
        raise ValueError(
            f"{NAME} computes mask=Causal(), Window(width) and what & makes of them, got {mask}; "
            'impl="sdpa" takes any mask'
        )
    if bias is not None and bias.requires_grad:
        raise ValueError(f'{NAME} has no gradient of a bias; impl="sdpa" has')
    if find_spec("triton") is None:
        raise RuntimeError(f"{NAME} needs triton, which is not installed: pip install triton")
    check_reverse_mode_only(NAME, query, key, value, bias)
    if bias is not None:
        laid = None if mask is None else lay(mask, query, key)
        query, key, value = blanked(query, key, value, laid, bias)
    scale = scale_of(scaled_dot, scale, query.shape[-1])
    output: Tensor = _InTriton.apply(query, key, value, bias, seen.before, seen.after, scale)
    return output


def _interprets() -> bool:
    return os.environ.get("TRITON_INTERPRET") == "1"


class _InTriton(Function):
    """The kernels of `in_triton` and what they need to know."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        bias: Tensor | None,
        before: int,
        after: int,
        scale: float,
    ) -> Tensor:
        from attnlib.kernels.in_triton._forward import forward

        query, key, value = (states.contiguous() for states in (query, key, value))
        output = query.new_zeros((*query.shape[:3], value.shape[3]))
        logsumexp = query.new_full(query.shape[:3], -torch.inf, dtype=torch.float32)
        sizes = _sizes(query, key, value, before, after, scale)
        batch, heads, length = query.shape[:3]
        if output.numel() and key.shape[2]:
            grid = (-(-length // ROWS), batch * heads)
            added = _added(bias, query, key)
            options = _options(query, value, bias)
            forward[grid](query, key, value, *added, output, logsumexp, *sizes, **options)
        ctx.save_for_backward(query, key, value, bias, output, logsumexp)
        ctx.sizes, ctx.scale = sizes, scale
        return output

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> tuple[Tensor | None, ...]:
        from attnlib.kernels.in_triton._backward import backward_keys, backward_queries

        check_no_second_derivative(NAME)
        query, key, value, bias, output, logsumexp = ctx.saved_tensors
        pull = pull.contiguous()
        delta = (pull.float() * output.float()).sum(dim=-1)
        gradients = [torch.zeros_like(states) for states in (query, key, value)]
        if output.numel() and key.shape[2]:
            states = query, key, value, *_added(bias, query, key), pull, logsumexp, delta
            options = _options(query, value, bias)
            batch, heads, length = query.shape[:3]
            d_query, d_key, d_value = gradients
            grid = (-(-length // ROWS), batch * heads)
            backward_queries[grid](*states, d_query, *ctx.sizes, ctx.scale, **options)
            grid = (-(-key.shape[2] // COLUMNS), batch * key.shape[1])
            backward_keys[grid](*states, d_key, d_value, *ctx.sizes, ctx.scale, **options)
        return (*gradients, None, None, None, None)


def _sizes(
    query: Tensor, key: Tensor, value: Tensor, before: int, after: int, scale: float
) -> tuple[int | float, ...]:
    """Heads and how many share a key head, lengths and sizes, the band, the scale in log 2."""
    heads, queries, size = query.shape[1:]
    group = heads // key.shape[1]
    return (
        *(heads, group, queries, key.shape[2], size, value.shape[3]),
        *(before, after, scale * LOG2_E),
    )


def _added(bias: Tensor | None, query: Tensor, key: Tensor) -> tuple[Tensor | int, ...]:
    """The bias and its strides; where there is none, anything, which is never read."""
    if bias is None:
        return query, 0, 0, 0, 0
    spread = bias.expand(*query.shape[:3], key.shape[2])
    return spread, *spread.stride()


def _options(query: Tensor, value: Tensor, bias: Tensor | None) -> dict[str, Any]:
    import triton.language as tl  # type: ignore[import-untyped]
    from triton import next_power_of_2

    half = query.dtype in (torch.float16, torch.bfloat16) and not _interprets()
    kinds = {torch.float16: tl.float16, torch.bfloat16: tl.bfloat16}
    return {
        "BIAS": bias is not None,
        "WIDE": max(16, next_power_of_2(query.shape[3])),  # the least that a product takes
        "VALUE_WIDE": max(16, next_power_of_2(value.shape[3])),
        "ROWS": ROWS,
        "COLUMNS": COLUMNS,
        "KIND": kinds[query.dtype] if half else tl.float32,
    }
