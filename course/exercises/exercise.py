"""An exercise that says what is wrong, not only that something is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Exercise:
    """A task with its solution and the wrong answers one is likely to give.

    - `find_fault(answer)`: None when the answer is right, else the hint for what is wrong with it.
    - `solution`: an answer without fault. `mistakes`: plausible wrong answers, each under words
      that its hint contains. The tests hold all of them to that.
    - `praise`: what a right answer has shown.
    """

    find_fault: Callable[[Any], str | None]
    solution: Any
    mistakes: Mapping[str, Any]
    praise: str

    def check(self, answer: Any) -> None:
        """Say whether the answer is right, and if not, what is wrong with it."""
        print(self.verdict(answer))

    def verdict(self, answer: Any) -> str:
        """What `check` prints."""
        if answer is None or answer is ...:
            return "Nothing to check yet: put your answer in place of the dots."
        try:
            fault = self.find_fault(answer)
        except Exception as error:  # the reader's code may raise anything
            fault = f"your code stopped with {type(error).__name__}: {error}"
        return f"Right. {self.praise}" if fault is None else f"Not yet: {fault}"


def close(answer: Any, expected: Any, tolerance: float = 1e-6) -> bool:
    """Whether two tensors, or two numbers, agree; False for different shapes."""
    import torch

    answer, expected = torch.as_tensor(answer).double(), torch.as_tensor(expected).double()
    return answer.shape == expected.shape and bool((answer - expected).abs().max() <= tolerance)


def known_mistake(given: Any, known: Mapping[str, Callable[..., Any]], *inputs: Any) -> str | None:
    """The hint of the mistake that turns the inputs into what was given; None when none does."""
    return next((hint for hint, wrong in known.items() if close(given, wrong(*inputs))), None)


def missing(answer: Any) -> str | None:
    """The hint for a function that still returns nothing."""
    if answer is None or answer is ...:
        return "the function returns nothing yet: replace the dots."
    return None
