"""Every exercise of every chapter, by the name its notebook calls it."""

import pkgutil
from importlib import import_module

from course import exercises
from course.exercises import Exercise

CHAPTERS = [
    import_module(f"course.exercises.{module.name}")
    for module in pkgutil.iter_modules(exercises.__path__)
    if module.name.startswith("chapter_")
]
EXERCISES = {
    f"{chapter.__name__.rpartition('.')[2]}.{name}": exercise
    for chapter in CHAPTERS
    for name, exercise in vars(chapter).items()
    if isinstance(exercise, Exercise)
}
