"""A phrase in two languages at once, each French word knowing the English words it renders.

English words are objects: only their identity matters until the sentence is whole, and then their
positions are read off. So a French phrase may be reordered freely and no alignment is lost.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

VOWELS = "aàâeéèêiîoôuœy"
ELIDED = {"le": "l'", "la": "l'", "se": "s'", "ne": "n'", "de": "d'", "que": "qu'"}
CONTRACTED = {("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux"}


@dataclass(frozen=True, eq=False)
class English:
    """One English word. Two words are the same only when they are the same object."""

    text: str


@dataclass(frozen=True, eq=False)
class French:
    """One French word and the English words it renders."""

    text: str
    renders: tuple[English, ...]
    aspirated: bool = False

    def opens_with_vowel(self) -> bool:
        """Whether le before it becomes l': before oiseau and homme, not before hibou."""
        return self.text[0] in VOWELS or (self.text[0] == "h" and not self.aspirated)


@dataclass(frozen=True)
class Phrase:
    """The same thing said in English and in French."""

    english: tuple[English, ...] = ()
    french: tuple[French, ...] = ()

    def __add__(self, other: Phrase) -> Phrase:
        return Phrase(self.english + other.english, self.french + other.french)


def words(text: str) -> tuple[English, ...]:
    """English words of their own, from a text with spaces."""
    return tuple(English(word) for word in text.split())


def rendering(english: tuple[English, ...], text: str) -> tuple[French, ...]:
    """French words that each render all the English ones."""
    return tuple(French(word, english) for word in text.split())


def said(english: str, french: str) -> Phrase:
    """A phrase whose French words all render all of its English words."""
    own = words(english)
    return Phrase(own, rendering(own, french))


def join(french: tuple[French, ...]) -> tuple[French, ...]:
    """Elide (le + arbre → l' arbre) and then contract (de + le + chat → du chat)."""
    elided = list(french)
    for index, (word, following) in enumerate(itertools.pairwise(french)):
        if word.text in ELIDED and following.opens_with_vowel():
            elided[index] = replace(word, text=ELIDED[word.text])
    joined: list[French] = []
    for word in elided:
        pair = (joined[-1].text, word.text) if joined else ("", "")
        if pair in CONTRACTED:
            both = dict.fromkeys(joined.pop().renders + word.renders)
            word = French(CONTRACTED[pair], tuple(both))
        joined.append(word)
    return tuple(joined)
