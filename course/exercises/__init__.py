"""Exercises of the chapters, with checks that say what is wrong.

from course.exercises import chapter_03
chapter_03.LOOK.check(my_function)
"""

from course.exercises.exercise import Exercise

__all__ = ["Exercise"]
