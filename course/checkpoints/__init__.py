"""The trained models of the course, and how one is written and read."""

from course.checkpoints.files import CHECKPOINTS, details, names, read, write

__all__ = ["CHECKPOINTS", "details", "names", "read", "write"]
