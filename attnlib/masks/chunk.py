"""A sequence cut into chunks that do not see one another (chunked-local attention)."""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from attnlib.checks import check_at_least
from attnlib.masks._pieces import Piece, Pieces
from attnlib.masks.mask import Grid, Mask


@dataclass(frozen=True)
class Chunk(Mask):
    """Each token sees its own chunk of `size` tokens: ⌊q / size⌋ = ⌊k / size⌋.

    The blocks of Qiu et al. (2020, blockwise attention, identity permutation); with `Causal() &`
    the chunked layers of Llama 4. A chunk's first token sees little, a window's never does.
    Raises TypeError or ValueError unless `size` is a whole number of at least 1.
    """

    size: int

    def __post_init__(self) -> None:
        check_at_least(1, "size", self.size)

    def rule(self, grid: Grid) -> Bool[Tensor, "Tq Tk"]:
        return grid.query // self.size == grid.key // self.size

    def sees_itself(self) -> bool:
        return True

    def reach(self, places: range, key_length: int) -> range:
        first = places.start // self.size * self.size
        end = -(-places.stop // self.size) * self.size
        return range(max(0, first), min(key_length, end))

    def pieces(self, query_length: int, key_length: int) -> list[Pieces] | None:
        if query_length > key_length:
            return None
        earlier, pieces = key_length - query_length, []
        for start in range(earlier // self.size * self.size, key_length, self.size):
            keys = range(start, min(start + self.size, key_length))
            rows = range(max(0, keys.start - earlier), keys.stop - earlier)
            pieces.append(Piece(rows, (keys,)))
        return [tuple(pieces)]

    def fixed(self) -> bool:
        return True
