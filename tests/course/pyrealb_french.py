"""French sentences by pyrealb's own grammar (Lapalme, 2024), from the corpus's plans.

pyrealb conjugates, agrees, places adjectives, negates, elides and contracts by itself here; attnlib
takes only the forms of single words from it. So the two agree only when both are right.
"""

from typing import Any

from pyrealb import CP, NP, PP, SP, VP, A, Adv, C, D, N, P, Pro, S, V, loadFr

from course.data.grammar.noun_phrases import PREPOSITIONS
from course.data.grammar.plans import (
    Clause,
    Existence,
    NounPhrase,
    Pair,
    Place,
    Predicate,
    Pronoun,
    Relative,
    Sentence,
)
from course.data.grammar.predicates import DEGREES, MANNERS
from course.data.grammar.verbs import VERBS

POSSESSOR = {"my": ("1", "s"), "our": ("1", "p"), "their": ("3", "p")}
DETERMINERS = {"the": "le", "a": "un", "some": "un", "this": "ce", "these": "ce", "every": "chaque"}
NEGATIONS = {"not": "pas", "never": "jamais"}


def french(clause: Clause) -> str:
    """The clause as pyrealb says it, in lower case and without the full stop."""
    loadFr()
    (predicate,) = clause.predicates
    sentence = S(subject(clause.subject), verb_phrase(predicate)).typ(options(predicate))
    text = sentence.realize().strip().rstrip(".")
    return text[0].lower() + text[1:]


def options(predicate: Predicate) -> dict[str, Any]:
    """What pyrealb does to a whole sentence: ne … pas around the verb, and se before it."""
    chosen: dict[str, Any] = {}
    if predicate.negation:
        chosen["neg"] = NEGATIONS[predicate.negation]
    if predicate.verb is not None and predicate.verb.reflexive:
        chosen["refl"] = True
    return chosen


def covers(plan: Sentence) -> bool:
    """Whether pyrealb can say it, and says it right.

    Left out: what it has no rule for (pas de after a negation, des → de, numbers, helpers, adverbs
    before a participle), and two faults of version 3.3.1: *sont partie*, and the gender of a pair,
    which it takes from the first.
    """
    (clause, *more) = plan.clauses
    if more or plan.time or isinstance(clause, Existence) or len(clause.predicates) > 1:
        return False
    (predicate,) = clause.predicates
    if predicate.helper or predicate.frequency or predicate.manner == "well":
        return False
    if predicate.quality is not None and isinstance(predicate.quality.adjective, str):
        return False
    if predicate.verb is VERBS["leave"] and clause.subject.gender == "m" and clause.subject.plural:
        return False
    if isinstance(clause.subject, Pair) and clause.subject.first.gender != clause.subject.gender:
        return False
    return all(covers_noun(noun, predicate) for noun in noun_phrases(clause))


def covers_noun(noun: NounPhrase, predicate: Predicate) -> bool:
    if noun.determiner in ("two", "three", "many", "any", "no"):
        return False
    if noun.determiner == "some" and (not noun.plural or noun.adjectives):
        return False
    if noun is predicate.object and predicate.negation and noun.determiner == "a":
        return False
    relative = noun.relative
    return relative is None or covers_relative(relative)


def noun_phrases(clause: Clause) -> list[NounPhrase]:
    (predicate,) = clause.predicates
    subjects = clause.subject
    found = [subjects.first, subjects.second] if isinstance(subjects, Pair) else [subjects]
    found += [predicate.object, predicate.recipient]
    found += [predicate.place.noun] if predicate.place is not None else []
    return [each for each in found if isinstance(each, NounPhrase)]


def subject(plan: Any) -> Any:
    if isinstance(plan, Pronoun):
        return Pro("je").pe(3).g(plan.gender).n(number(plan.plural))
    if isinstance(plan, Pair):
        return CP(C("et"), noun_phrase(plan.first), noun_phrase(plan.second))
    return noun_phrase(plan)


def noun_phrase(plan: NounPhrase) -> Any:
    parts = determiner(plan) if plan.owner is None else [D("le")]
    parts.append(N(plan.noun.french))
    for adjective in sorted(plan.adjectives, key=lambda each: each.rank):
        parts.append(A(adjective.french).pos("pre" if adjective.before else "post"))
    for inner in (plan.owner, plan.whole):
        if inner is not None:
            parts.append(PP(P("de"), noun_phrase(inner)))
    if plan.relative is not None:
        parts.append(relative(plan.relative))
    return NP(*parts).n(number(plan.plural))


def relative(plan: Relative) -> Any:
    """qui with a verb phrase, que with a whole sentence."""
    verb = verb_phrase(plan.predicate)
    if plan.subject is None:
        return SP(Pro("qui"), verb).typ(options(plan.predicate))
    return SP(Pro("que"), subject(plan.subject), verb)


def covers_relative(plan: Relative) -> bool:
    within = Sentence((Clause(Pronoun("it", "f"), (plan.predicate,)),))
    head_decides = plan.subject is None and plan.predicate.verb is VERBS["leave"]
    return covers(within) and not head_decides


def determiner(plan: NounPhrase) -> list[Any]:
    text = plan.determiner
    if text in POSSESSOR or text in ("his", "her", "its"):
        person, owners = POSSESSOR.get(text, ("3", "s"))
        return [D("notre" if owners == "p" else "mon").pe(person)]
    return [
        D(
            {"the": "le", "a": "un", "some": "un", "this": "ce", "these": "ce", "every": "chaque"}[
                text
            ]
        )
    ]


def verb_phrase(plan: Predicate) -> Any:
    tense = "p"
    if plan.verb is None:
        verb, tense = V("être"), "i" if plan.past else "p"
    else:
        verb = V(plan.verb.french)
        if plan.past:
            tense = "i" if plan.verb.stative and plan.negation != "never" else "pc"
    parts: list[Any] = [verb.t(tense)]
    if plan.object is not None:
        parts.append(noun_phrase(plan.object))
    if plan.recipient is not None:
        parts.append(PP(P("à"), noun_phrase(plan.recipient)))
    if plan.quality is not None:
        quality = A(plan.quality.adjective.french)
        parts += [Adv(DEGREES[plan.quality.degree])] if plan.quality.degree else []
        parts.append(quality)
    if plan.manner:
        parts.append(Adv(MANNERS[plan.manner]))
    if plan.place is not None:
        parts.append(place(plan.place))
    return VP(*parts)


def place(plan: Place) -> Any:
    words = PREPOSITIONS[plan.preposition].split()
    inner = PP(P(words[-1]), noun_phrase(plan.noun))
    return PP(Adv(words[0]), inner) if len(words) > 1 else inner


def number(plural: bool) -> str:
    return "p" if plural else "s"
