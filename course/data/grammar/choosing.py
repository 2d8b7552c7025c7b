"""Noun phrases at random that make sense: a cat on a mat, a letter in a bag, no mat in a cat."""

from dataclasses import replace
from random import Random

from course.data.grammar.adjectives import ADJECTIVES, Adjective
from course.data.grammar.nouns import NOUNS, Noun
from course.data.grammar.plans import NounPhrase, Pair, Place, Pronoun, Subject

BY_TAG: dict[str, list[Noun]] = {}
for _noun in NOUNS:
    for _tag in sorted(_noun.tags):
        BY_TAG.setdefault(_tag, []).append(_noun)
NOUN = {noun.english: noun for noun in NOUNS}
ADJECTIVE = {adjective.english: adjective for adjective in ADJECTIVES}
ANIMATE = BY_TAG["animal"] + BY_TAG["person"]
BY_TAG["company"] = BY_TAG["person"] + BY_TAG["pet"]
POSSESSIVES = ("my", "our", "his", "her", "its", "their")

# What a verb's `places` mean: a preposition, and the tag of the nouns after it.
PLACES = {
    "on": ("on", "on"),
    "ground": ("on", "ground"),
    "seat": ("on", "seat"),
    "under": ("under", "under"),
    "in": ("in", "in"),
    "home": ("in", "home"),
    "swum": ("in", "swum"),
    "outdoors": ("in", "outdoors"),
    "behind": ("behind", "behind"),
    "front": ("in front of", "front"),
    "near": ("near", "near"),
    "at": ("at", "at"),
    "to": ("to", "goal"),
    "from": ("from", "source"),
    "with": ("with", "company"),
}
PLURAL_DETERMINERS = {
    "the": ("the", "the", "the", "two", "three"),
    "a": ("some",),
    "this": ("these",),
    "every": ("many",),
}
UNNEGATED = ("a", "some", "every", "many")  # “every cat did not sleep” would say two things


class Chooser:
    """Draws noun phrases; `richness` from 0 to 1 says how much is added to the bare noun."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.richness = 0.5

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def extra(self, probability: float) -> bool:
        """A chance that grows with the richness, and is as given at one half."""
        return self.chance(2 * probability * self.richness)

    def agent(self, noun: Noun) -> NounPhrase:
        """Somebody who does something."""
        return self.noun_phrase(noun, ("the", "the", "the", "a", "this", "my", "our", "every"))

    def thing(self, noun: Noun, *more: str) -> NounPhrase:
        """Something definite, with an owner or a whole at times."""
        phrase = self.noun_phrase(noun, ("the", "the", "the", "a", "this", "my", *more))
        if phrase.determiner != "the":
            return phrase
        if "part" in noun.tags and self.extra(0.25):
            whole = self.random.choice(BY_TAG["whole"])
            return replace(phrase, whole=self.definite(whole))
        if noun.tags & {"carried", "ridden", "pet", "horse", "house"} and self.extra(0.12):
            owner = self.random.choice(BY_TAG["person"])
            return replace(phrase, owner=replace(self.definite(owner), plural=False))
        return phrase

    def definite(self, noun: Noun) -> NounPhrase:
        """The one, this one or mine."""
        phrase = self.noun_phrase(noun, ("the", "the", "the", "this", "my", "our"), plural=False)
        return replace(phrase, adjectives=phrase.adjectives[:1])

    def noun_phrase(
        self, noun: Noun, determiners: tuple[str, ...], plural: bool | None = None
    ) -> NounPhrase:
        """Choose a determiner that goes with the noun, a number and adjectives."""
        if plural is None:
            plural = "many" in noun.tags and self.chance(0.3)
        determiner = self.random.choice(determiners)
        if "kin" in noun.tags and determiner not in POSSESSIVES:
            given = [each for each in determiners if each in POSSESSIVES]
            determiner = self.random.choice(given or ("my", "our", "his", "her"))
        if noun.tags & {"unowned", "public"} and determiner not in ("the", "a", "this", "every"):
            determiner = "the"
        if noun.english in ("king", "queen", "sea"):
            determiner = "the"
        if plural:
            determiner = self.random.choice(PLURAL_DETERMINERS.get(determiner, (determiner,)))
        elif "mass" in noun.tags:
            determiner = {"a": "some", "every": "the"}.get(determiner, determiner)
        return NounPhrase(noun, determiner, plural, self.adjectives(noun))

    def adjectives(self, noun: Noun) -> tuple[Adjective, ...]:
        """At most one that French puts before the noun and one that it puts after."""
        chosen: list[Adjective] = []
        for before in (True, False):
            ranks = {adjective.rank for adjective in chosen}
            fitting = [
                adjective
                for adjective in ADJECTIVES
                if adjective.before == before
                and adjective.tags & noun.tags
                and adjective.rank not in ranks
            ]
            if fitting and self.extra(0.21):
                chosen.append(self.random.choice(fitting))
        return tuple(chosen)

    def place(self, kinds: frozenset[str], agent: Noun) -> Place | None:
        """Where the agent may be, given what kinds of place the verb allows; None for nowhere."""
        possible = []
        for kind in sorted(kinds):
            preposition, tag = PLACES[kind]
            nouns = [noun for noun in BY_TAG[tag] if fits(noun, preposition, agent)]
            possible += [(kind, preposition, nouns)] if nouns else []
        if not possible:
            return None
        kind, preposition, nouns = self.random.choice(possible)
        noun = self.random.choice(nouns)
        if kind == "with":
            return Place(preposition, self.definite(noun))
        if kind in ("to", "from", "at"):
            return Place(preposition, self.noun_phrase(noun, ("the",), plural=False))
        phrase = self.thing(noun, "our")
        if phrase.determiner in ("some", "two", "three"):
            phrase = replace(phrase, determiner="the")
        return Place(preposition, phrase)


def fits(noun: Noun, preposition: str, agent: Noun) -> bool:
    """Cows do not sit on chairs, and kings not under tables."""
    indoors = noun.tags & {"seat", "roof", "table", "wall", "kitchen", "whole", "at"}
    if "large" in agent.tags and indoors:
        return preposition in ("near", "behind")
    if preposition == "under" and "person" in agent.tags:
        return bool(noun.tags & {"tree", "bridge"})
    return noun.english != agent.english


def pronoun_for(subject: Subject) -> Pronoun | None:
    """What stands for the subject later; None where English cannot know whether he or she."""
    if isinstance(subject, Pronoun):
        return subject
    noun = subject.first.noun if isinstance(subject, Pair) else subject.noun
    if noun not in ANIMATE:
        return None
    if subject.plural:
        return Pronoun("they", subject.gender, plural=True)
    for tag, english in (("animal", "it"), ("he", "he"), ("she", "she")):
        if tag in noun.tags:
            return Pronoun(english, subject.gender)
    return None


def possessive_of(subject: Subject) -> tuple[str, ...]:
    """his, her, its or their, twice, to be drawn from among other determiners."""
    pronoun = pronoun_for(subject)
    if pronoun is None:
        return ()
    return ({"it": "its", "he": "his", "she": "her", "they": "their"}[pronoun.english],) * 2


def described(subject: Subject) -> frozenset[str]:
    """The English adjectives that the subject already has."""
    if not isinstance(subject, NounPhrase):
        return frozenset()
    return frozenset(adjective.english for adjective in subject.adjectives)


def may_negate(subject: Subject) -> bool:
    """Whether a negation after this subject says one thing only."""
    return not isinstance(subject, NounPhrase) or subject.determiner not in UNNEGATED
