"""What a sentence says, before it is said in any language."""

from __future__ import annotations

from dataclasses import dataclass

from course.data.grammar.adjectives import Adjective
from course.data.grammar.nouns import Noun
from course.data.grammar.verbs import Verb


@dataclass(frozen=True)
class NounPhrase:
    """Determiner, adjectives, noun, and what may follow: an owner or a relative clause."""

    noun: Noun
    determiner: str = "the"
    plural: bool = False
    adjectives: tuple[Adjective, ...] = ()
    owner: NounPhrase | None = None  # the king's horse; its own determiner is the phrase's
    whole: NounPhrase | None = None  # the door of the house
    relative: Relative | None = None

    @property
    def gender(self) -> str:
        return self.noun.gender


@dataclass(frozen=True)
class Pair:
    """Two noun phrases joined by *and*."""

    first: NounPhrase
    second: NounPhrase
    plural: bool = True

    @property
    def gender(self) -> str:
        return "f" if self.first.gender == self.second.gender == "f" else "m"


@dataclass(frozen=True)
class Pronoun:
    """he, she, it or they, with the gender and number of what it stands for."""

    english: str
    gender: str
    plural: bool = False


Subject = NounPhrase | Pair | Pronoun


@dataclass(frozen=True)
class Relative:
    """“that/who <predicate>”, or with a subject of its own “that <subject> <predicate>”."""

    predicate: Predicate
    subject: NounPhrase | Pronoun | None = None


@dataclass(frozen=True)
class Place:
    """A preposition and its noun phrase."""

    preposition: str
    noun: NounPhrase


@dataclass(frozen=True)
class Quality:
    """What follows *be*: an adjective, or an idiom with avoir (hungry → avoir faim)."""

    adjective: Adjective | str
    degree: str = ""  # very, too


@dataclass(frozen=True)
class Predicate:
    """A verb with all that belongs to it. Without a verb it is *be* with a quality or a place."""

    verb: Verb | None
    past: bool = True
    negation: str = ""  # not, never
    helper: str = ""  # want, can, must, try
    frequency: str = ""  # often, always
    object: NounPhrase | None = None
    recipient: NounPhrase | None = None
    quality: Quality | None = None
    place: Place | None = None
    manner: str = ""  # slowly, quickly
    lasting: bool = False  # in the imparfait after *while*


@dataclass(frozen=True)
class Clause:
    """A subject and one or more predicates joined by *and*."""

    subject: Subject
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True)
class Existence:
    """“there is a cat in the garden”."""

    noun: NounPhrase
    place: Place | None
    past: bool = False


@dataclass(frozen=True)
class Sentence:
    """Clauses, each but the first after its conjunction; a time before the first or after it."""

    clauses: tuple[Clause | Existence, ...]
    conjunctions: tuple[str, ...] = ()
    time: str = ""
    time_first: bool = False
