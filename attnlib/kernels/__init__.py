"""The same equation, faster. Each kernel computes softmax(q·kᵀ·scale + bias)·v with any mask."""

from typing import Protocol

from torch import Tensor

from attnlib.kernels import chunked as chunked
from attnlib.kernels import split as split
from attnlib.kernels.banded import banded
from attnlib.kernels.online import Partial, merge, no_keys, online_softmax
from attnlib.kernels.sdpa import sdpa
from attnlib.kernels.tiled import tiled
from attnlib.masks import Mask


class Kernel(Protocol):
    """What `attention(impl=…)` names. A kernel raises ValueError for what it cannot compute."""

    def __call__(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        *,
        mask: Mask | None,
        bias: Tensor | None,
        scale: float,
        dropout_p: float,
    ) -> Tensor: ...


KERNELS: dict[str, Kernel] = {"sdpa": sdpa, "banded": banded, "tiled": tiled}

__all__ = ["KERNELS", "Kernel", "Partial", "merge", "no_keys", "online_softmax"]
