"""What comes into a recurrence, laid out alike: widened, of equal heads, every gate with four axes.

Three rules hold for every mechanism:

- **Heads are shared in groups.** H is the most heads that query, key, value or a gate has. Whatever
  has fewer must divide H: its head h // (H/G) serves head h, G its own number.
- **A gate of the token** is (B, H, T), one per head; where channels have their own, (B, H, T, D). A
  last axis of 1 is one per head too.
- **A gate's range** is looked at in every form alike. Only where values cannot be read is it not:
  while compiling or exporting, under vmap, and while a CUDA graph is captured. A NaN is let through
  and shows in the output.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.jit._trace import is_tracing

from attnlib.checks import check_groups
from attnlib.layout import repeat_heads
from attnlib.precision import widened

State = TypeVar("State", bound=NamedTuple)

RANGES: dict[str, tuple[str, Callable[[Tensor], Tensor]]] = {  # in words, and what lies outside
    "decay": ("above 0 and at most 1", lambda gate: (gate <= 0) | (gate > 1)),
    "log_decay": ("at most 0", lambda gate: gate > 0),
    "log_momentum": ("at most 0", lambda gate: gate > 0),
    "log_write": ("below ∞", lambda gate: gate == torch.inf),
    "blend": ("from 0 to 1", lambda gate: (gate < 0) | (gate > 1)),
    "ridge": ("above 0", lambda gate: gate <= 0),
    "rate": ("at least 0", lambda gate: gate < 0),
    "step": ("at least 0", lambda gate: gate < 0),
    "write": ("from 0 to 2", lambda gate: (gate < 0) | (gate > 2)),
    "erase": ("from 0 to 2", lambda gate: (gate < 0) | (gate > 2)),
    "feedback": ("from 0 to 1", lambda gate: (gate < 0) | (gate > 1)),
}


def one_sequence(*, query: Tensor, **others: Tensor) -> tuple[Tensor, ...]:
    """`share_heads` of a sequence. Raises ValueError when it has no token."""
    _check_tokens("query", query)
    return share_heads(query=query, **others)


def share_heads(**states: Tensor) -> tuple[Tensor, ...]:
    """All in float32 at least, their heads (axis 1) repeated up to the most that one of them has.

    Raises ValueError, by the names given, where a number of heads does not divide the largest.
    """
    most = max([tensor.shape[1] for tensor in states.values()])
    for name, tensor in states.items():
        if tensor.shape[1] == 0 or most % tensor.shape[1]:
            largest = next(other for other, one in states.items() if one.shape[1] == most)
            check_groups(most, tensor.shape[1], largest, name)
    return widened(*(repeat_heads(tensor, most) for tensor in states.values()))


def gate(name: str, values: Tensor, key: Tensor, *, per_channel: bool = False) -> Tensor:
    """The gate as (B, H, T, 1), or (B, H, T, D) where it may be one per channel.

    Raises TypeError or ValueError naming it when type, shape, device or a value is not as it must.
    """
    _check_tokens("key", key)
    check_company(name, values, key)
    batch, _, length, channels = key.shape
    laid = values.unsqueeze(-1) if values.dim() == 3 else values
    fits = laid.dim() == 4 and laid.shape[0] == batch and laid.shape[2] == length
    if not fits or laid.shape[3] not in ((1, channels) if per_channel else (1,)):
        head = f"({batch}, H, {length})"
        other = f"({batch}, H, {length}, {channels}), one per channel"
        shapes = f"{head}, one per head" + (f", or {other}" if per_channel else "")
        raise ValueError(f"{name} must have the shape {shapes}; got {tuple(values.shape)}")
    check_range(name, values)
    return laid


def _check_tokens(name: str, states: Tensor) -> None:
    if states.shape[2] == 0:
        raise ValueError(f"{name} must have at least one token, got an empty sequence")


def check_range(name: str, values: Tensor) -> None:
    """Raise ValueError when a value that can be read lies outside of the gate's range."""
    if (
        torch.compiler.is_compiling()
        or is_tracing()
        or (values.is_cuda and torch.cuda.is_current_stream_capturing())
    ):
        return
    words, outside = RANGES[name]
    found = outside(values.detach())
    try:
        none = not found.any()
    except RuntimeError:  # under vmap, on meta: there is no single answer
        return
    if not none:
        raise ValueError(f"{name} must be {words}, got {values.detach()[found][0].item():.6g}")


def check_company(name: str, values: Tensor, query: Tensor) -> None:
    """Raise unless it is floating point, on query's device, of a dtype that goes with query's."""
    if not isinstance(values, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(values).__name__}")
    if not values.dtype.is_floating_point:
        raise TypeError(f"{name} must be floating point, got {values.dtype}")
    if values.device != query.device:
        raise ValueError(f"{name} is on {values.device}, but query is on {query.device}")
    if (values.dtype == torch.float64) != (query.dtype == torch.float64):
        raise TypeError(f"{name} is {values.dtype}, but query is {query.dtype}")


def start_from(
    state: Float[Tensor, "B H D Dv"] | None,
    key: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
) -> Float[Tensor, "B H D Dv"]:
    """The given state, or zeros: a row for each channel of the key, a column for the value's."""
    shape = (*key.shape[:2], key.shape[3], value.shape[3])
    if state is None:
        return key.new_zeros(shape)
    check_state("state", state, shape, key)
    return state


def start_parts(
    kind: type[State], state: State | None, key: Tensor, *shapes: tuple[int, ...], **fills: float
) -> State:
    """The given state of several parts, or one of these shapes: zeros, or what `fills` says."""
    if state is None:
        named = zip(kind._fields, shapes, strict=True)
        return kind._make(key.new_full(shape, fills.get(name, 0)) for name, shape in named)
    for name, part, shape in zip(kind._fields, state, shapes, strict=True):
        check_state(f"state.{name}", part, shape, key)
    return state


def check_state(name: str, state: Tensor, shape: tuple[int, ...], key: Tensor) -> None:
    """Raise unless a state has this shape and the widened key's dtype and device."""
    check_company(name, state, key)
    if tuple(state.shape) != shape:
        raise ValueError(f"{name} must have the shape {shape}, got {tuple(state.shape)}")
    if state.dtype != key.dtype:
        raise TypeError(f"{name} must be {key.dtype}, as a state is kept, got {state.dtype}")
