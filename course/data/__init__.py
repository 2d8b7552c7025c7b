"""The texts and pictures of the course, and how text becomes numbers."""

from course.data import (
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
    "byte_pair",
    "digits",
    "english",
    "plays",
    "tatoeba",
    "translation",
    "vocabulary",
    "wordpiece",
]
