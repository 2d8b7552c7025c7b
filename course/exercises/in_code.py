"""An exercise whose answer is a function: tried on several cases, one wrong number named."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from course.exercises.answers import UnreadableError, differs, same, tensor_of
from course.exercises.exercise import Exercise
from course.exercises.trying import Draw, Trial, nothing_returned, stopped, tried, was_changed
from course.exercises.wording import capitalized, described, shown

Function = Callable[..., Any]
Inputs = tuple[Any, ...]


def in_code(
    solution: Function,
    cases: Callable[[Draw], Sequence[Inputs]],
    *,
    known: Mapping[str, Function],
    praise: str,
    also: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Exercise:
    """An exercise to write a function that does what `solution` does.

    - `cases`: draws the inputs to try, of unequal sizes.
    - `known`: the hint for each likely mistake, and a function that makes it.
    - `also`: more wrong answers for the tests, each under words that its hint contains.
    - `settings`: as in `InCode`.
    """
    common = {
        "without calling it": solution(*cases(Draw())[0]),
        "returns nothing yet": lambda *inputs: ...,
        "does it end with `return`?": _without_return(solution),
    }
    return Exercise(
        find_fault=InCode(solution, cases, known, **settings),
        solution=solution,
        mistakes={**known, **(also or {}), **common},
        praise=praise,
    )


def _without_return(solution: Function) -> Function:
    def works_for_nothing(*inputs: Any) -> None:
        solution(*inputs)

    return works_for_nothing


@dataclass(frozen=True)
class InCode:
    """What is wrong with a function that should do what `solution` does; None when nothing is.

    - `advice`: what to look at when no known mistake fits. One wrong number follows it.
    - `shape`: what the answer's axes are, in words. `axes`: a name for each, for naming a number;
      or `place(*index)` names it.
    - `kind`: what the answer holds, in words, where its dtype matters (booleans, whole numbers).
    - `remark(given, wanted, *inputs)`: a hint of its own for one wrong answer, or None.
    - `seen(answer)`: what of an answer counts, when not all of it does.
    """

    solution: Function
    cases: Callable[[Draw], Sequence[Inputs]]
    known: Mapping[str, Function]
    advice: str
    shape: str = ""
    axes: tuple[str, ...] = ("row", "column")
    place: Callable[..., str] | None = None
    kind: str = ""
    remark: Callable[..., str | None] | None = None
    seen: Callable[[Tensor], Tensor] = lambda answer: answer
    tolerance: float = 1e-5

    def __call__(self, answer: object) -> str | None:
        """The hint for the reader's function."""
        if not callable(answer):
            return f"give the function itself, without calling it: check({self.solution.__name__})."
        cases = self.cases(Draw())
        trials = [tried(answer, inputs, self.names) for inputs in cases]
        for trial in trials:
            if (hint := nothing_returned(answer, trial)) is not None:
                return hint
        rights = [tensor_of(self.solution(*map(_widened, inputs))) for inputs in cases]
        wrong = [n for n, trial in enumerate(trials) if not self.is_right(trial, rights[n])]
        if not wrong:
            return next((hint for trial in trials if (hint := was_changed(trial))), None)
        if all(trial.error is not None for trial in trials):
            return self.hint_for(trials[0], rights[0], cases[0])
        if (hint := self.mistake_in(trials, cases)) is not None:
            return hint
        first = wrong[0]
        return self.hint_for(trials[first], rights[first], cases[first])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The arguments' names."""
        return tuple(inspect.signature(self.solution).parameters)

    def is_right(self, trial: Trial, right: Tensor) -> bool:
        """Whether one trial gave the right answer, in any idiom."""
        if trial.error is not None:
            return False
        given = _read(trial)
        return (
            given is not None and self.agree(given, right) and self.wrong_kind(given, right) is None
        )

    def agree(self, given: Tensor, other: Tensor) -> bool:
        """Whether two answers are one, as far as they count."""
        if given.shape != other.shape:
            return False
        return same(self.seen(given), self.seen(other), self.tolerance)

    def mistake_in(self, trials: Sequence[Trial], cases: Sequence[Inputs]) -> str | None:
        """The hint of the known mistake that gives the same in every case."""
        for hint, mistake in self.known.items():
            others = (tried(mistake, inputs, self.names) for inputs in cases)
            if all(map(self.same_trial, trials, others)):
                return hint
        return None

    def same_trial(self, trial: Trial, other: Trial) -> bool:
        """Whether the reader's function and a mistake did the same with one case."""
        if trial.error is not None or other.error is not None:
            return trial.error is not None and other.error is not None
        given = _read(trial)
        return given is not None and self.agree(given, tensor_of(other.given))

    def hint_for(self, trial: Trial, right: Tensor, inputs: Inputs) -> str:
        """What is wrong with one trial: an error, a wrong kind or shape, or one wrong number."""
        case = ", ".join(map(described, self.names, inputs))
        if trial.error is not None:
            return f"{stopped(trial)} (for {case})"
        given = tensor_of(trial.given)
        if self.remark and (hint := self.remark(given, right, *inputs)) is not None:
            return hint
        if given.shape != right.shape:
            return self.wrong_shape(trial.given, given, right, case)
        if (hint := self.wrong_kind(given, right)) is not None:
            return hint
        bad = differs(self.seen(given), self.seen(right), self.tolerance).nonzero()[0].tolist()
        wanted, got = shown(right[tuple(bad)].item(), given[tuple(bad)].item())
        if right.dtype == torch.bool:
            wanted, got = str(bool(right[tuple(bad)])), str(bool(given[tuple(bad)]))
        return f"{self.advice} For {case}, {self.where(bad)} should be {wanted}, yours {got}."

    def wrong_shape(self, raw: object, given: Tensor, right: Tensor, case: str) -> str:
        """The hint for an answer of another shape."""
        words = f"{self.shape}: for" if self.shape else "for"
        hint = f"{words} {case} the shape is {tuple(right.shape)}, yours is {tuple(given.shape)}."
        if isinstance(raw, list | tuple) and any(isinstance(part, Tensor) for part in raw):
            return f"give one tensor; got a {type(raw).__name__} of {len(raw)}. {capitalized(hint)}"
        return hint

    def wrong_kind(self, given: Tensor, right: Tensor) -> str | None:
        """The hint for booleans, whole numbers and fractions taken for one another."""
        if (given.dtype == torch.bool) != (right.dtype == torch.bool):
            wanted = self.kind or ("True or False" if right.dtype == torch.bool else "numbers")
            return f"{wanted} should come back; yours are of dtype {given.dtype}."
        if self.kind and not right.is_floating_point() and given.is_floating_point():
            return f"{self.kind} should come back; yours are of dtype {given.dtype}."
        return None

    def where(self, index: Sequence[int]) -> str:
        """The name of one number of the answer."""
        if self.place is not None:
            return self.place(*index)
        return ", ".join(f"{axis} {n}" for axis, n in zip(self.axes, index, strict=False)) or "it"


def _read(trial: Trial) -> Tensor | None:
    try:
        return tensor_of(trial.given)
    except UnreadableError:
        return None


def _widened(value: Any) -> Any:
    floating = isinstance(value, Tensor) and value.is_floating_point()
    return value.double() if floating else value.clone() if isinstance(value, Tensor) else value
