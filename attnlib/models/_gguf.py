"""The GGUF format: what a file says of itself, then its tensors, some of them in few bits.

    "GGUF"  version  tensors  entries | name type value … | name shape type offset … | data

Numbers are little-endian, and texts have their length before them. Blocks of 32 weights share a
scale d, and some a minimum m:

    Q8_0   d · q          q in 8 bits, from −128 to 127
    Q4_0   d · (q − 8)    q in 4 bits: the low halves of 16 bytes, then the high ones
    Q4_1   d · q + m
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

NUMBERS = dict(enumerate("BbHhIif?")) | {10: "Q", 11: "q", 12: "d"}
TEXT, LIST = 8, 9
BLOCK = 32
ALIGNMENT = 32  # of the data, unless the file says otherwise


class Kind(NamedTuple):
    """How weights are stored: so many in so many bytes, and how to read rows of such bytes."""

    name: str
    weights: int
    bytes: int
    widen: Callable[[UInt8[Tensor, "N bytes"]], Float[Tensor, "N weights"]]


class Place(NamedTuple):
    """Where a tensor lies in the data, of which shape, and as which kind."""

    shape: tuple[int, ...]
    kind: int
    offset: int


@dataclass(frozen=True)
class Contents:
    """What a file holds: `told` about itself, and where each tensor is."""

    file: Path
    told: dict[str, Any]
    places: dict[str, Place]
    start: int

    def tensor(self, name: str) -> Tensor:
        """The tensor in float32. Raises ValueError for a kind not known, or data cut short."""
        place = self.places[name]
        if place.kind not in KINDS:
            known = ", ".join(kind.name for kind in KINDS.values())
            raise ValueError(f"{name} is stored as kind {place.kind}; known are {known}")
        kind = KINDS[place.kind]
        size = prod(place.shape) // kind.weights * kind.bytes
        first = self.start + place.offset
        there = self.file.stat().st_size
        if first + size > there:
            raise ValueError(f"{self.file.name} is cut short: {name} ends after its {there} bytes")
        stored = torch.from_file(str(self.file), size=there, dtype=torch.uint8)
        rows = stored[first : first + size].view(-1, kind.bytes)
        return kind.widen(rows).reshape(place.shape)


def opened(file: Path) -> Contents:
    """All but the weights. Raises ValueError for a missing or damaged file, or another version."""
    if not file.is_file():
        raise ValueError(f"there is no file {file}")
    with file.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise ValueError(f"{file.name} is no GGUF file")
        try:
            version, tensors, entries = (_number(stream, form) for form in "IQQ")
            if version not in (2, 3):
                raise ValueError(f"version {version} is not known, 2 and 3 are")
            told = {_text(stream): _value(stream, _number(stream, "I")) for _ in range(entries)}
            places = {_text(stream): _place(stream) for _ in range(tensors)}
        except (ValueError, KeyError, OverflowError, MemoryError, struct.error) as error:
            raise ValueError(f"{file.name} is damaged or cut short: {error}") from error
        ahead = -stream.tell() % told.get("general.alignment", ALIGNMENT)
        return Contents(file, told, places, stream.tell() + ahead)


def _number(stream: BinaryIO, form: str) -> Any:
    return struct.unpack(f"<{form}", stream.read(struct.calcsize(f"<{form}")))[0]


def _text(stream: BinaryIO) -> str:
    return stream.read(_number(stream, "Q")).decode("utf-8")


def _value(stream: BinaryIO, kind: int) -> Any:
    if kind == TEXT:
        return _text(stream)
    if kind == LIST:
        of, length = _number(stream, "I"), _number(stream, "Q")
        return [_value(stream, of) for _ in range(length)]
    return _number(stream, NUMBERS[kind])


def _place(stream: BinaryIO) -> Place:
    shape = [_number(stream, "Q") for _ in range(_number(stream, "I"))]
    return Place(tuple(reversed(shape)), _number(stream, "I"), _number(stream, "Q"))


def _eight(rows: UInt8[Tensor, "N 34"]) -> Float[Tensor, "N 32"]:
    return _numbers(rows[:, :2]) * rows[:, 2:].view(torch.int8)


def _four(rows: UInt8[Tensor, "N 18"]) -> Float[Tensor, "N 32"]:
    return _numbers(rows[:, :2]) * (_nibbles(rows[:, 2:]) - 8.0)


def _four_and_minimum(rows: UInt8[Tensor, "N 20"]) -> Float[Tensor, "N 32"]:
    return _numbers(rows[:, :2]) * _nibbles(rows[:, 4:]) + _numbers(rows[:, 2:4])


def _nibbles(rows: UInt8[Tensor, "N 16"]) -> UInt8[Tensor, "N 32"]:
    return torch.cat((rows & 15, rows >> 4), dim=1)


def _numbers(rows: UInt8[Tensor, "N bytes"], dtype: torch.dtype = torch.half) -> Tensor:
    return rows.contiguous().view(dtype).to(torch.float32, copy=True)


KINDS = {
    0: Kind("F32", 1, 4, lambda rows: _numbers(rows, torch.float32)),
    1: Kind("F16", 1, 2, _numbers),
    2: Kind("Q4_0", BLOCK, 18, _four),
    3: Kind("Q4_1", BLOCK, 20, _four_and_minimum),
    8: Kind("Q8_0", BLOCK, 34, _eight),
    30: Kind("BF16", 1, 2, lambda rows: _numbers(rows, torch.bfloat16)),
}
