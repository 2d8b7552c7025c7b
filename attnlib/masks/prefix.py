"""A beginning that everybody sees (Raffel et al., 2020), and two masks made with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_at_least, check_count
from attnlib.masks._pieces import Piece, Pieces
from attnlib.masks.causal import Causal
from attnlib.masks.document import Document
from attnlib.masks.mask import Grid, Mask
from attnlib.masks.window import Window


@dataclass(frozen=True)
class Prefix(Mask):
    """Every token sees the first `length` keys: k < length (prefix LM: Raffel et al., 2020)."""

    length: int

    def __post_init__(self) -> None:
        check_count("length", self.length)
        if self.length < 0:
            raise ValueError(f"length must be 0 or more, got {self.length}")

    def rule(self, grid: Grid) -> Bool[Tensor, "1 Tk"]:
        return grid.key < self.length

    def reach(self, places: range, key_length: int) -> range:
        return range(min(self.length, key_length))

    def pieces(self, query_length: int, key_length: int) -> list[Pieces]:
        keys = self.reach(range(0), key_length)
        return [(Piece(range(query_length), (keys,) if keys else ()),)]

    def fixed(self) -> bool:
        return True

    def reads_places(self) -> bool:
        return False


def streaming(sinks: int, width: int) -> Mask:
    """The first `sinks` tokens and the last `width` ones (StreamingLLM: Xiao et al., 2023, 3.2).

    Without the sinks a model trained on full attention fails as soon as its first token leaves the
    window. (The paper counts places within the cache, not in the text; that is a matter of the
    positions, not of this mask.)
    """
    return Causal() & (Prefix(sinks) | Window(width))


def shared_prefix(prefix: int, lengths: Sequence[int]) -> Mask:
    """`prefix` tokens, then answers of these `lengths` side by side: none sees another.

    (Juravsky et al., 2024.)

        Causal() & (Prefix(prefix) | Document(ids)),   ids = 0 for the prefix, n for answer n

    As if each answer followed the prefix alone, whose keys and values are computed and kept once.
    Positions of an answer go on from the prefix: prefix, prefix + 1, … for each.
    Raises TypeError or ValueError when a length is negative.
    """
    check_at_least(0, "prefix", prefix)
    for length in lengths:
        check_at_least(0, "lengths", length)
    ids = torch.cat([torch.full((n,), number) for number, n in enumerate((prefix, *lengths))])
    return Causal() & (Prefix(prefix) | Document(ids))
