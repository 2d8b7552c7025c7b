"""Exercises of the chapters, with checks that say what is wrong.

from course.exercises import chapter_03
chapter_03.LOOK.check(my_function)

An exercise is made by `in_code` (write a function) or `by_hand` (work out a number). Both take the
likely mistakes, each under the hint for it; one wrong number shows whatever else is wrong. A
function is tried on copies of several inputs of unequal sizes, and may be in any idiom.

To add one: the solution, its cases, the mistakes, and a right answer in another idiom for
`tests/course/other_idioms.py`. The tests try a large family of generic mistakes on it unasked.
"""

from course.exercises.exercise import Exercise

__all__ = ["Exercise"]
