"""Handwritten digits: the networks that read them, and their training."""

from course.digits import networks

__all__ = ["networks"]
