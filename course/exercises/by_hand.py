"""An exercise whose answer is one number or a few, worked out by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from course.exercises.answers import numbers_of
from course.exercises.exercise import Exercise

Numbers = float | Sequence[float]


def by_hand(
    right: Numbers,
    *,
    known: Mapping[str, Numbers],
    praise: str,
    solution: Any = None,
    also: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Exercise:
    """An exercise to work out `right`.

    - `known`: the hint for each likely mistake, and the numbers that it gives.
    - `solution`: what a reader would write, when not `right` itself.
    - `also`: more wrong answers for the tests, each under words that its hint contains.
    - `settings`: as in `ByHand`.
    """
    return Exercise(
        find_fault=ByHand(right, known, **settings),
        solution=right if solution is None else solution,
        mistakes={**known, **(also or {})},
        praise=praise,
    )


@dataclass(frozen=True)
class ByHand:
    """What is wrong with numbers that should be `right`; None when nothing is.

    - `otherwise`: the hint when no known mistake fits.
    - `within`: how far from the right number an answer may lie.
    - `asked`: what is asked for, in words, when there are too many numbers or too few.
    - `remark(given)`: a hint of its own for some wrong answers, or None.
    """

    right: Numbers
    known: Mapping[str, Numbers]
    otherwise: str
    within: float = 0.0
    asked: str = "one number is asked for"
    remark: Callable[[Tensor], str | None] = field(default=lambda given: None)

    def __call__(self, answer: object) -> str | None:
        """The hint for the reader's numbers."""
        given = numbers_of(answer)
        if self.fits(given, self.right):
            return None
        for hint, mistake in self.known.items():
            if self.fits(given, mistake):
                return hint
        if (hint_of_its_own := self.remark(given)) is not None:
            return hint_of_its_own
        if len(given) != torch.as_tensor(self.right).numel():
            return f"{self.asked}; got {len(given)}."
        return self.otherwise

    def fits(self, given: Tensor, numbers: Numbers) -> bool:
        """Whether the reader's numbers are these."""
        wanted = torch.as_tensor(numbers, dtype=torch.float64).flatten()
        if given.shape != wanted.shape:
            return False
        return bool((given - wanted).abs().max() <= self.within + 1e-9 * wanted.abs().max())
