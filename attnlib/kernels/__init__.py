"""The same equation, faster. Each kernel computes softmax(q·kᵀ·scale + bias)·v with any mask.

`attention(impl=…)` names them; called directly they also take their own sizes, of blocks and tiles.
"""

from typing import Protocol

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import unchecked
from attnlib.kernels._banded import banded
from attnlib.kernels._chunked import chunked
from attnlib.kernels._native import native
from attnlib.kernels._pieces import pieces
from attnlib.kernels._sdpa import sdpa
from attnlib.kernels._split import split_keys
from attnlib.kernels._tiled import tiled
from attnlib.kernels._triton import triton
from attnlib.kernels.online import Partial, merge, no_keys, online_softmax
from attnlib.masks import Mask


class Kernel(Protocol):
    """What `attention(impl=…)` names. A kernel raises ValueError for what it cannot compute."""

    def __call__(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B G Tk D"],
        value: Float[Tensor, "B G Tk Dv"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
        scale: float | None = None,
        dropout_p: float = 0.0,
    ) -> Float[Tensor, "B H Tq Dv"]: ...


# By name, and unchecked: `attention` has looked at what it hands on.
KERNELS: dict[str, Kernel] = {
    "sdpa": unchecked(sdpa),
    "banded": unchecked(banded),
    "native": unchecked(native),
    "pieces": unchecked(pieces),
    "tiled": unchecked(tiled),
    "triton": unchecked(triton),
    "chunked": unchecked(chunked),
    "split": unchecked(split_keys),
}

__all__ = [
    "KERNELS",
    "Kernel",
    "Partial",
    "banded",
    "chunked",
    "merge",
    "native",
    "no_keys",
    "online_softmax",
    "pieces",
    "sdpa",
    "split_keys",
    "tiled",
    "triton",
]
