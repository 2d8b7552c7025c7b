"""Language models: the plays' GPT, next words, n-grams, and how a text is drawn.

>>> writer = load("gpt_characters")
>>> print(writer.write("ROMEO\\n", 200, temperature=0.8, seed=0))
"""

from attnlib.models.generation import sampling
from course.language import ngrams, smollm2
from course.language.next_word import NextWord
from course.language.writer import Writer, load, perplexity

__all__ = ["load", "Writer", "NextWord", "ngrams", "perplexity", "sampling", "smollm2"]
