"""The texts and pictures of the course, and how text becomes numbers."""

from course.data import (
    batches,
    byte_level,
    byte_pair,
    digits,
    english,
    plays,
    tatoeba,
    translation,
    vocabulary,
    wordpiece,
)

__all__ = [
    "batches",
    "byte_level",
    "byte_pair",
    "digits",
    "english",
    "plays",
    "tatoeba",
    "translation",
    "vocabulary",
    "wordpiece",
]
