"""Noun phrases: agreement, the place of adjectives, owners, and the prepositions before them."""

import itertools
from collections.abc import Callable

from course.data.grammar.adjectives import Adjective
from course.data.grammar.morphology import english_noun, french_adjective, french_noun
from course.data.grammar.phrase import English, French, Phrase, said
from course.data.grammar.plans import (
    NounPhrase,
    Pair,
    Place,
    Pronoun,
    Relative,
    Subject,
)

# Masculine singular, feminine singular, plural. The article after a negation is always de.
DETERMINERS = {
    "the": ("le", "la", "les"),
    "a": ("un", "une", ""),
    "some": ("de le", "de la", "des"),
    "any": ("de", "de", "de"),
    "no": ("de", "de", "de"),
    "this": ("ce", "cette", ""),
    "these": ("", "", "ces"),
    "my": ("mon", "ma", "mes"),
    "our": ("notre", "notre", "nos"),
    "his": ("son", "sa", "ses"),
    "her": ("son", "sa", "ses"),
    "its": ("son", "sa", "ses"),
    "their": ("leur", "leur", "leurs"),
    "every": ("chaque", "chaque", ""),
    "two": ("", "", "deux"),
    "three": ("", "", "trois"),
    "many": ("", "", "beaucoup de"),
}
BEFORE_VOWEL = {"ce": "cet", "ma": "mon", "sa": "son"}
BEFORE_VOWEL |= {"vieux": "vieil", "beau": "bel", "nouveau": "nouvel"}
PREPOSITIONS = {
    "on": "sur",
    "under": "sous",
    "in": "dans",
    "behind": "derrière",
    "in front of": "devant",
    "near": "près de",
    "at": "à",
    "to": "à",
    "from": "de",
    "with": "avec",
}
PRONOUNS = {("m", False): "il", ("f", False): "elle", ("m", True): "ils", ("f", True): "elles"}

Relate = Callable[[Relative, NounPhrase], Phrase]


def subject(plan: Subject, relate: Relate) -> Phrase:
    """A noun phrase, two of them, or a pronoun."""
    if isinstance(plan, Pronoun):
        return said(plan.english, PRONOUNS[plan.gender, plan.plural])
    if isinstance(plan, Pair):
        return (
            noun_phrase(plan.first, relate) + said("and", "et") + noun_phrase(plan.second, relate)
        )
    return noun_phrase(plan, relate)


def place(plan: Place, relate: Relate) -> Phrase:
    """A preposition and its noun phrase."""
    preposition = said(plan.preposition, PREPOSITIONS[plan.preposition])
    return preposition + noun_phrase(plan.noun, relate)


def noun_phrase(plan: NounPhrase, relate: Relate, negated: bool = False) -> Phrase:
    """Say a noun phrase; `negated` turns a and any into de, as an object after ne … pas does."""
    noun = English(english_noun(plan.noun.english, plan.plural))
    by_rank = sorted(plan.adjectives, key=lambda adjective: adjective.rank)
    qualities = {adjective: English(adjective.english) for adjective in by_rank}

    core = [agreeing(a, plan.gender, plan.plural, qualities[a]) for a in by_rank if a.before]
    core.append(French(french_noun(plan.noun.french, plan.plural), (noun,), plan.noun.aspirated))
    after = [agreeing(a, plan.gender, plan.plural, qualities[a]) for a in by_rank if not a.before]
    own = (*qualities.values(), noun)

    if plan.owner is None:
        phrase = determiner(plan, own[0].text, negated)
        french = liaison((*phrase.french, *core), plan.plural)
        phrase = Phrase(phrase.english + own, french + tuple(after))
    else:
        phrase = owned(plan, own, core, after, relate)
    if plan.whole is not None:
        phrase += said("of", "de") + noun_phrase(plan.whole, relate)
    return phrase if plan.relative is None else phrase + relate(plan.relative, plan)


def determiner(plan: NounPhrase, following: str, negated: bool) -> Phrase:
    """The determiner in both languages; English chooses a or an by what follows."""
    text = plan.determiner
    form = 2 if plan.plural else "mf".index(plan.gender)
    french = "de" if negated and text in ("a", "any") else DETERMINERS[text][form]
    if not french:
        number = "plural" if plan.plural else "singular"
        raise ValueError(f"determiner {text!r} does not go with the {number} of {plan.noun}")
    if text == "a" and following[0] in "aeiou":
        text = "an"
    if text == "some" and plan.plural and any(a.before for a in plan.adjectives):
        french = "de"  # de vieux livres
    return said(text, french)


def owned(
    plan: NounPhrase,
    own: tuple[English, ...],
    core: list[French],
    after: list[French],
    relate: Relate,
) -> Phrase:
    """The king 's horse → le cheval du roi: le and de render 's."""
    assert plan.owner is not None
    owner = noun_phrase(plan.owner, relate)
    possession = English("'s")
    article = DETERMINERS["the"][2 if plan.plural else "mf".index(plan.gender)]
    head = liaison((French(article, (possession,)), *core), plan.plural)
    french = (*head, *after, French("de", (possession,)), *owner.french)
    return Phrase((*owner.english, possession, *own), french)


def agreeing(adjective: Adjective, gender: str, plural: bool, word: English) -> French:
    """An adjective in the gender and number of its noun."""
    return French(french_adjective(adjective.french, gender, plural), (word,))


def liaison(french: tuple[French, ...], plural: bool) -> tuple[French, ...]:
    """ce, ma, sa, vieux, beau and nouveau change before a vowel, in the singular."""
    if plural:
        return french
    changed = list(french)
    for index, (word, following) in enumerate(itertools.pairwise(french)):
        if following.opens_with_vowel():
            text = BEFORE_VOWEL.get(word.text, word.text)
            changed[index] = French(text, word.renders, word.aspirated)
    return tuple(changed)
