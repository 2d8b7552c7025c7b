"""A cache of 8-bit numbers: a quarter of the memory, at an error that is known beforehand.

    key of a token in a head    0.50   −1.27   0.02      scale = 1.27 / 127 = 0.01
    kept                          50    −127      2      in int8, and the scale in float32

Each token and head has a scale of its own (as KIVI has for values, Liu et al., 2024), so that a
large token makes no other coarser.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.caches._checks import check_continues, check_kept, check_no_gradient, check_rows
from attnlib.caches._memory import Memory
from attnlib.checks import checked
from attnlib.precision import at_least_float32

LARGEST = 127  # of int8; −128 stays unused, so that the sign changes nothing


class QuantizedKVCache:
    """Keys and values of all tokens so far in int8, with one scale per token and head.

        kept = round(x / scale),   scale = max|x| / 127,   what comes back = kept · scale

    No number is off by more than scale/2 = max|x| / 254, the maximum taken over the D numbers of
    its token and head (but for one rounding in the type of x). D + 4 bytes per token and head in
    place of 4D in float32. The newest tokens come back quantized, too: so what is seen does not
    depend on how a text is cut into steps.

    `update` raises as that of `KVCache` with a capacity does, only that no length is too long.
    `crop` and `select` are those of `KVCache`.
    """

    def __init__(self) -> None:
        self._key = _Quantized()
        self._value = _Quantized()

    @property
    def length(self) -> int:
        """How many tokens came so far."""
        return self._key.numbers.length

    @checked
    def update(
        self, key: Float[Tensor, "B G T D"], value: Float[Tensor, "B G T Dv"]
    ) -> tuple[Float[Tensor, "B G S D"], Float[Tensor, "B G S Dv"]]:
        """Append the keys and values of T tokens; all S so far come back, as they are kept."""
        self._key.check("key", key)
        self._value.check("value", value)
        check_no_gradient(key, value)
        with torch.no_grad():
            return self._key.append(key), self._value.append(value)

    def crop(self, length: int) -> None:
        """Forget all but the first `length` tokens. Raises ValueError unless there are so many."""
        check_kept(length, self.length)
        for memory in self._memories():
            memory.crop(length)

    @checked
    def select(self, rows: Int[Tensor, " N"]) -> None:
        """Go on with N sequences, the i-th of which has the past of sequence `rows[i]`.

        Raises ValueError for a row that is not there.
        """
        if self._key.numbers.room is not None:
            check_rows(rows, self._key.numbers.room)
        for memory in self._memories():
            memory.select(rows)

    def _memories(self) -> tuple[Memory, ...]:
        return self._key.numbers, self._key.scales, self._value.numbers, self._value.scales


class _Quantized:
    """Tensors (B, G, T, D) of tokens, kept in int8."""

    def __init__(self) -> None:
        self.numbers, self.scales = Memory(2), Memory(2)
        self.dtype: torch.dtype | None = None

    def check(self, name: str, states: Tensor) -> None:
        if self.numbers.room is not None:
            check_continues(name, states, self.numbers.room, dtype=self.dtype)

    def append(self, states: Float[Tensor, "B G T D"]) -> Float[Tensor, "B G S D"]:
        self.dtype = states.dtype
        numbers, scale = _quantize(states)
        whole = _dequantize(self.numbers.append(numbers), self.scales.append(scale))
        return whole.to(states.dtype)


def _quantize(
    states: Float[Tensor, "B G T D"],
) -> tuple[Int[Tensor, "B G T D"], Float[Tensor, "B G T 1"]]:
    """(numbers in int8, scale): round(x / scale) with scale = max|x| / 127 over the last axis.

    The scale is in float32 at least.
    """
    states = at_least_float32(states)
    scale = states.abs().amax(dim=-1, keepdim=True) / LARGEST
    numbers = torch.where(scale > 0, states / scale, 0).round()
    return numbers.clamp(-LARGEST, LARGEST).to(torch.int8), scale


def _dequantize(
    numbers: Int[Tensor, "B G T D"], scale: Float[Tensor, "B G T 1"]
) -> Float[Tensor, "B G T D"]:
    """numbers · scale, in the type of the scale."""
    return numbers.to(scale.dtype) * scale
