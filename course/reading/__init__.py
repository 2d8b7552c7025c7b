"""Reading in both directions: BERT fills blanks in the course's English sentences.

>>> reader = load("bert_masked_words")
>>> reader.fill("the cat <mask> on the mat")
"""

from course.reading import blanks, counting
from course.reading.blanks import Reader, load
from course.reading.counting import counted, share_right

__all__ = ["load", "Reader", "counted", "share_right", "blanks", "counting"]
