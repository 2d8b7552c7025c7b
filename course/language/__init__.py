"""Language models: the plays' GPT, next words, n-grams, and how a text is drawn."""

from course.language import ngrams, sampling
from course.language.next_word import NextWord
from course.language.writer import Writer, load_writer, perplexity

__all__ = ["NextWord", "Writer", "load_writer", "ngrams", "perplexity", "sampling"]
