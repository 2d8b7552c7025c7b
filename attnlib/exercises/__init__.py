"""Exercises of the chapters, with checks that say what is wrong.

from attnlib.exercises import chapter_03
chapter_03.LOOK.check(my_function)
"""

from attnlib.exercises.exercise import Exercise

__all__ = ["Exercise"]
