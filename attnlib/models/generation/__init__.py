"""How a language model writes: greedily, by chance, by beams, and with a draft's guesses.

>>> written = generate(model, tokens, length=20)
>>> written = generate(model, tokens, length=20, temperature=0.8, top_p=0.9, generator=source)
>>> written, log_p = beam_search(model, tokens, length=20, width=4, end=0)
"""

from attnlib.models.generation import sampling
from attnlib.models.generation._generate import generate
from attnlib.models.generation._language_model import LanguageModel

__all__ = ["LanguageModel", "generate", "sampling"]
