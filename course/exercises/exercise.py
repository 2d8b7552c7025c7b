"""An exercise that says what is wrong, not only that something is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from course.exercises.answers import UnreadableError


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
        except UnreadableError as unreadable:
            fault = str(unreadable)
        except Exception as error:
            return (
                f"The check itself stopped with {type(error).__name__}: {error}. That is a fault "
                "of this book, not of your answer: please report it with your answer."
            )
        return f"Right. {self.praise}" if fault is None else f"Not yet: {fault}"
