"""How a language model writes: greedily, by chance, by beams, and with a draft's guesses.

>>> written = generate(model, tokens, length=20)
>>> written = generate(model, tokens, length=20, temperature=0.8, top_p=0.9, generator=source)
>>> best, score = beam_search(model, tokens, length=20, width=4, end=0)
>>> text, guessed, accepted = speculate(model, draft, tokens, length=20)
"""

from attnlib.models.generation import sampling
from attnlib.models.generation._generate import generate
from attnlib.models.generation._language_model import LanguageModel
from attnlib.models.generation.beams import Beams, beam_search
from attnlib.models.generation.speculative import Speculation, accept, residual, speculate

__all__ = [
    "Beams",
    "LanguageModel",
    "Speculation",
    "accept",
    "beam_search",
    "generate",
    "residual",
    "sampling",
    "speculate",
]
