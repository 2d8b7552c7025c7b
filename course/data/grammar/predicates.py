"""Predicates: a verb group or *be*, then objects and places; and the relative clauses they form."""

from course.data.grammar.morphology import english_verb, french_verb
from course.data.grammar.noun_phrases import agreeing, noun_phrase, place, subject
from course.data.grammar.phrase import English, Phrase, rendering, said, words
from course.data.grammar.plans import (
    NounPhrase,
    Predicate,
    Quality,
    Relative,
    Subject,
)
from course.data.grammar.verb_groups import helped, negated, verb_group

MANNERS = {"slowly": "lentement", "quickly": "rapidement", "quietly": "tranquillement"}
DEGREES = {"very": "très", "too": "trop"}
HAVING = {"hungry": "faim", "thirsty": "soif", "afraid": "peur"}  # be hungry → avoir faim


def relate(plan: Relative, head: NounPhrase) -> Phrase:
    """that slept → qui a dormi; that the girl read → que la fille a lu, agreeing with the head."""
    if plan.subject is None:
        which = "who" if "person" in head.noun.tags else "that"
        return said(which, "qui") + predicate(plan.predicate, head)
    own = subject(plan.subject, relate)
    return said("that", "que") + own + predicate(plan.predicate, plan.subject, preceding=head)


def predicate(plan: Predicate, agent: Subject, preceding: NounPhrase | None = None) -> Phrase:
    """Say what the agent does. `preceding` is an object said before: la lettre qu'il a écrite."""
    if plan.verb is None:
        phrase = being(plan, agent)
    elif plan.helper:
        phrase = helped(plan, plan.verb, agent)
    else:
        phrase = verb_group(plan, plan.verb, agent, preceding)
    if plan.object is not None:
        phrase += noun_phrase(plan.object, relate, negated=bool(plan.negation))
    if plan.recipient is not None:
        phrase += said("to", "à") + noun_phrase(plan.recipient, relate)
    if plan.manner in MANNERS:
        phrase += said(plan.manner, MANNERS[plan.manner])
    if plan.place is not None:
        phrase += place(plan.place, relate)
    return phrase


def being(plan: Predicate, agent: Subject) -> Phrase:
    """is not tired → n'est pas fatigué; is very hungry → a très faim."""
    idiom = plan.quality is not None and plan.quality.adjective in HAVING
    past = english_verb("be", "simple past" if plan.past else "present", agent.plural)
    english, negation = words(past), words(plan.negation)
    tense = "imperfect" if plan.past else "present"
    finite = rendering(english, french_verb("avoir" if idiom else "être", tense, agent.plural))
    phrase = Phrase((*english, *negation), negated(negation, finite))
    return phrase if plan.quality is None else phrase + quality(plan.quality, agent)


def quality(plan: Quality, agent: Subject) -> Phrase:
    """very happy → très heureuse; very hungry → très faim."""
    phrase = said(plan.degree, DEGREES.get(plan.degree, ""))
    if isinstance(plan.adjective, str):
        return phrase + said(plan.adjective, HAVING[plan.adjective])
    word = English(plan.adjective.english)
    adjective = agreeing(plan.adjective, agent.gender, agent.plural, word)
    return phrase + Phrase((word,), (adjective,))
