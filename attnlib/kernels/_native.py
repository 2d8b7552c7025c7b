"""FlashAttention in C: `in_c/flash.c`, as an operator of PyTorch.

PyTorch knows the shapes of what it gives and its gradient, so that it can be compiled and exported.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked, may_read
from attnlib.kernels._blocks import blanked, check_reverse_mode_only
from attnlib.kernels._sight import EVERYTHING, seen_by_place
from attnlib.kernels.in_c import is_built, lacking
from attnlib.kernels.in_c._call import backward, forward
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.precision import surely_finite, widened
from attnlib.scores import scaled_dot
from attnlib.scores.dot_products import scale_of

NAME = 'impl="native"'

# From here on (measured on a CPU) it is faster: queries, and numbers in the keys of one head.
FEW, MUCH, MUCH_LEARNED = 64, 2**13, 2**14


@checked(one_dtype=True)
def native(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    scale: float | None = None,
    dropout_p: float = 0.0,
) -> Float[Tensor, "B H Tq Dv"]:
    """softmax(q·kᵀ·scale + bias) · v on the CPU, in float32, under a band, padding or both.

    Bands are `Causal`, `Window` and what & makes of them. 16-bit states are widened, and the output
    is rounded to them. Built once per machine: `python -m attnlib.kernels.in_c`.
    Raises ValueError for other masks, devices, float64 and dropout, RuntimeError where it is not
    built.
    """
    mask = as_mask(mask)
    if dropout_p > 0:
        raise ValueError(f'{NAME} cannot compute dropout; impl="reference" or "sdpa" can')
    if query.device.type not in ("cpu", "meta"):
        where = query.device.type
        raise ValueError(f'{NAME} runs on the CPU, got query on {where}; impl="sdpa" runs there')
    if query.dtype == torch.float64:
        raise ValueError(f'{NAME} computes in float32, got float64; impl="sdpa" computes in it')
    sight = seen_by_place(mask)
    if mask is not None and sight is None:
        raise ValueError(
            f"{NAME} computes mask=Causal(), Window(width), Padding(lengths) and what & makes of "
            f'them, got {mask}; impl="sdpa" takes any mask'
        )
    reason = lacking()
    if reason is not None:
        raise RuntimeError(f'{NAME} {reason}; impl="sdpa" computes the same')
    check_reverse_mode_only(NAME, query, key, value, bias)
    if bias is not None:
        if not surely_finite(query, key, value):  # a weight of 0 hides all other numbers
            laid = None if mask is None else lay(mask, query, key)
            query, key, value = blanked(query, key, value, laid, bias)
        elif mask is not None:
            lay(mask, query, key, slice(0, 0))
        bias = bias.float()
    elif mask is not None and sight is not None and sight.paddings:
        lay(mask, query, key, slice(0, 0))  # no row of it, but every check
    sight = sight or EVERYTHING
    first, end = sight.ends(query.shape[0], key.shape[2])
    states = widened(query, key, value)
    scale = scale_of(scaled_dot, scale, query.shape[-1])
    # The operator itself costs 16 µs, which nobody needs where nobody follows what is computed.
    needed = _learns(*states, bias) or not may_read(*states)
    compute: Callable[..., tuple[Tensor, Tensor]] = _forward if needed else forward
    output, _ = compute(*states, bias, first, end, sight.before, sight.after, scale)
    return output if query is states[0] else output.to(query.dtype)


def is_faster(query: Tensor, key: Tensor, mask: Mask | None) -> bool:
    """Whether it is known to be faster here than PyTorch's kernel, from static facts (measured).

    Where a mask hides whole blocks and there is enough to compute; and no graph is being captured,
    which should run also where this is not built.
    """
    if mask is None or query.dtype != torch.float32 or not may_read(query, key):
        return False
    much = MUCH_LEARNED if _learns(query, key) else MUCH
    if query.shape[2] < FEW or key.shape[2] * key.shape[3] < much:
        return False
    sight = seen_by_place(mask)
    return sight is not None and sight != EVERYTHING and is_built()


def _learns(*tensors: Tensor | None) -> bool:
    return torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in tensors)


_forward = torch.library.custom_op(
    "attnlib::native",
    forward,
    mutates_args=(),
    device_types="cpu",
    schema="(Tensor query, Tensor key, Tensor value, Tensor? bias, Tensor? first, Tensor? end, "
    "int before, int after, float scale) -> (Tensor, Tensor)",
)


@_forward.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    output = query.new_empty((*query.shape[:3], value.shape[3]))
    return output, query.new_empty(query.shape[:3])


_backward = torch.library.custom_op(
    "attnlib::native_backward",
    backward,
    mutates_args=(),
    device_types="cpu",
    schema="(Tensor query, Tensor key, Tensor value, Tensor? bias, Tensor? first, Tensor? end, "
    "int before, int after, float scale, Tensor output, Tensor logsumexp, Tensor pull, "
    "bool bias_learns) -> (Tensor, Tensor, Tensor, Tensor)",
)


@_backward.register_fake
def _(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, *rest: Any
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    bias_learns = rest[-1]
    states = [x.new_empty(x.shape) for x in (query, key, value)]
    added = query.new_empty(0) if bias is None or not bias_learns else bias.new_empty(bias.shape)
    return states[0], states[1], states[2], added


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    tensors, ctx.numbers = inputs[:6], inputs[6:]
    ctx.save_for_backward(*tensors, *output)


def _pulled(ctx: Any, pull: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
    *tensors, output, logsumexp = ctx.saved_tensors
    learns = tensors[3] is not None and ctx.needs_input_grad[3]
    *gradients, d_bias = _backward(*tensors, *ctx.numbers, output, logsumexp, pull, learns)
    return (*gradients, d_bias if learns else None, *[None] * 5)


def _refuse(*_: Any) -> None:
    raise RuntimeError(f'{NAME} has no second derivative; impl="reference" has')


_forward.register_autograd(_pulled, setup_context=_keep)
_backward.register_autograd(_refuse)
