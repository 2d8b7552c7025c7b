"""Every exercise accepts whatever is right, in whichever idiom it is written."""

import other_idioms
import pytest
from exercise_list import EXERCISES

from course.exercises.answers import tensor_of
from course.exercises.in_code import InCode
from course.exercises.trying import Draw


def forms(name):
    """The right answers of one exercise, each under its name."""
    exercise = EXERCISES[name]
    written = {f.__name__ + str(n): f for n, f in enumerate(other_idioms.OTHER.get(name, []))}
    if isinstance(exercise.find_fault, InCode):
        example = tensor_of(exercise.solution(*exercise.find_fault.cases(Draw())[0]))
        return written | dict(other_idioms.wrapped(exercise.solution, example))
    if callable(exercise.solution):
        return written
    return dict(other_idioms.by_hand(exercise.solution))


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_right_is_accepted_in_any_idiom(name):
    verdicts = {label: EXERCISES[name].verdict(answer) for label, answer in forms(name).items()}
    assert {label: said for label, said in verdicts.items() if not said.startswith("Right")} == {}


def test_every_function_to_write_is_written_in_another_idiom_too():
    functions = {name for name, exercise in EXERCISES.items() if callable(exercise.solution)}
    assert functions == set(other_idioms.OTHER)
