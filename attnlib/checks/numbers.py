"""Errors for numbers: counts, shares, and tensors of whole numbers, such as tokens."""

from numbers import Integral, Real

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd import forward_ad
from torch.jit._trace import is_tracing


def check_count(name: str, count: int) -> None:
    """Raise unless it is a whole number: an int, one of NumPy's, or a size that is being traced."""
    if isinstance(count, Tensor) and is_tracing():
        return
    if type(count) is not int and (isinstance(count, bool) or not isinstance(count, Integral)):
        raise TypeError(f"{name} must be a whole number, got {count!r}")


def check_at_least(least: int, name: str, count: int) -> None:
    check_count(name, count)
    if count < least:
        raise ValueError(f"{name} must be at least {least}, got {count}")


def check_tensor(name: str, values: Tensor) -> None:
    if not isinstance(values, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(values).__name__}")


def check_integers(name: str, values: Tensor, dims: tuple[int, ...]) -> None:
    check_tensor(name, values)
    if values.dtype == torch.bool or values.is_floating_point() or values.is_complex():
        raise TypeError(f"{name} must be integers, got {values.dtype}")
    if values.dim() not in dims:
        axes = " or ".join(str(d) for d in dims)
        raise ValueError(f"{name} must have {axes} axes, got shape {tuple(values.shape)}")


PLAIN = (Tensor, torch.nn.Parameter)


def is_followed() -> bool:
    """Whether a graph, a transform or a mode looks on at what is computed."""
    return bool(
        torch.compiler.is_compiling()
        or is_tracing()
        or torch._C._len_torch_dispatch_stack()
        or torch._C._functorch.peek_interpreter_stack() is not None
    )


def in_forward_mode() -> bool:
    """Whether tangents may come with the tensors: inside torch.func.jvp, jacfwd and hessian."""
    return not torch.compiler.is_compiling() and forward_ad._current_level >= 0


def may_read(*tensors: Tensor) -> bool:
    """Whether values may steer a call: on the CPU, and nobody looks on."""
    return not is_followed() and all(type(one) in PLAIN and one.is_cpu for one in tensors)


def lowest_and_highest(values: Tensor) -> tuple[int, int] | None:
    """The least and the greatest of some integers; None where there are no values to be read.

    There are none in an empty tensor, on meta, in a graph that is being made, under FakeTensorMode
    and inside vmap. What goes wrong elsewhere, on a device for one, is raised.
    """
    if torch.compiler.is_compiling() or is_tracing() or not values.numel() or values.is_meta:
        return None
    if values.is_cuda and torch.cuda.is_current_stream_capturing():
        return None
    try:
        lowest, highest = (int(value) for value in values.aminmax())
    except RuntimeError:  # a mode and a transform have each their own way to say so
        if is_followed() or type(values) not in PLAIN:
            return None
        raise
    return lowest, highest


def check_number(name: str, number: float | None) -> None:
    """Raise unless it is None or a number: of a tensor no kernel would give a gradient."""
    if number is not None and (isinstance(number, bool) or not isinstance(number, Real)):
        kind = type(number).__name__
        raise TypeError(f"{name} must be a number or None, got {kind}")


def check_share(name: str, share: float) -> None:
    """Raise unless it is a number at least 0 and below 1."""
    if type(share) is not float and (isinstance(share, bool) or not isinstance(share, Real)):
        raise TypeError(f"{name} must be a number, got {type(share).__name__}")
    if not 0 <= share < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, got {share}")


def check_tokens(
    tokens: Int[Tensor, "B T"], table: Float[Tensor, "V E"], name: str = "tokens"
) -> None:
    """Raise TypeError or ValueError unless these integers are numbers of rows of the table.

    Values are looked at where there are any: not in compiled code, on meta or inside vmap.
    """
    if tokens.dtype not in (torch.int32, torch.int64):
        raise TypeError(f"{name} must be int64 or int32, got {tokens.dtype}")
    if tokens.device != table.device:
        raise ValueError(f"{name} is on {tokens.device}, but the parameters on {table.device}")
    words, found = table.shape[0], lowest_and_highest(tokens)
    if found is not None and (found[0] < 0 or found[1] >= words):
        stray = found[0] if found[0] < 0 else found[1]
        raise ValueError(f"{name} must be from 0 to {words - 1}, got {stray}")


def check_lengths(lengths: Int[Tensor, " B"], source: Int[Tensor, "B S"]) -> None:
    """Raise TypeError or ValueError unless each sequence has a length from 1 to S."""
    check_integers("lengths", lengths, dims=(1,))
    batch, longest = source.shape
    if lengths.shape[0] != batch:
        raise ValueError(f"lengths must be {batch} numbers, got {lengths.shape[0]}")
    found = lowest_and_highest(lengths)
    if found is not None and (found[0] < 1 or found[1] > longest):
        raise ValueError(f"lengths must be from 1 to {longest}, got {lengths.tolist()}")
