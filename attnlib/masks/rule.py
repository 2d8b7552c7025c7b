"""Any rule about two places, as a function."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from attnlib.masks.mask import Grid, Mask

Places = Int[Tensor, "*T"]


@dataclass(frozen=True)
class Rule(Mask):
    """Query q may attend to key k where `function(q, k)` is true, for a rule without a name:

        Causal() & Rule(lambda q, k: (q - k) % 2 == 0)

    `function` gets the places of all queries, (Tq, 1), and of all keys, (1, Tk), as integers, and
    gives booleans that broadcast to (Tq, Tk): write & and |, not `and` and `or`.
    Raises TypeError for what is no function, and (later) when it does not give booleans.
    """

    function: Callable[[Places, Places], Bool[Tensor, "#Tq #Tk"]]

    def __post_init__(self) -> None:
        if not callable(self.function):
            kind = type(self.function).__name__
            raise TypeError(f"function must take the places of queries and keys, got {kind}")

    def rule(self, grid: Grid) -> Bool[Tensor, "#Tq #Tk"]:
        allowed = self.function(grid.query, grid.key)
        if not isinstance(allowed, Tensor) or allowed.dtype != torch.bool:
            kind = allowed.dtype if isinstance(allowed, Tensor) else type(allowed).__name__
            raise TypeError(f"function must give booleans (True = may attend), got {kind}")
        return allowed

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", repr(self.function))
        return f"Rule({'lambda q, k: …' if name == '<lambda>' else name})"
