"""Reading in both directions: BERT fills blanks in the course's English sentences."""

from course.reading import blanks, counting

__all__ = ["blanks", "counting"]
