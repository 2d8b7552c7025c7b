"""The course's numbers on held-out data, stored, and measured again by a command.

    python -m course.measurements       # every stored table, each with its command
    python -m course.measurements 9     # measure chapter 9 anew and store what comes out

A chapter's module, `chapter_09.py` for example, offers `measure() -> list[Table]`.
"""

from course.measurements.table import Table, chapters, store, stored

__all__ = ["Table", "chapters", "store", "stored"]
