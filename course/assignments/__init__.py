"""A chapter as homework: a notebook without solutions, and its checks as tests.

python -m course.assignments 4 5          both chapters' folders, below _build/assignments
python -m course.assignments --grade chapter_04.ipynb --results results.json
"""

from course.assignments.grading import verdicts
from course.assignments.homework import Task, handout, tasks, write

__all__ = ["Task", "handout", "tasks", "verdicts", "write"]
