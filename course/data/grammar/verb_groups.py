"""Verb groups: tenses, auxiliaries, ne … pas, agreement of participles, helpers.

English past → passé composé (slept → a dormi), with être for some verbs and all reflexive ones
(fell → est tombé, sat → s'est assis), whose participle agrees with the subject; with avoir it
agrees with an object said before (la lettre qu'il a écrite). States take the imparfait (loved →
aimait), unless with never (n'a jamais aimé), and so does what goes on *while* something happens.
"""

from course.data.grammar.morphology import (
    english_verb,
    french_participle,
    french_verb,
)
from course.data.grammar.phrase import English, French, Phrase, rendering, words
from course.data.grammar.plans import NounPhrase, Predicate, Subject
from course.data.grammar.verbs import Verb

NEGATIONS = {"not": "pas", "never": "jamais"}
FREQUENCIES = {"often": "souvent", "always": "toujours"}

# English forms (with it, with they, past), the marker after them; French verb and its preposition.
HELPERS = {
    "want": (("wants", "want", "wanted"), "to", "vouloir", ""),
    "try": (("tries", "try", "tried"), "to", "essayer", "de"),
    "can": (("can", "can", "could"), "", "pouvoir", ""),
    "must": (("must", "must", ""), "", "devoir", ""),
}


def verb_group(plan: Predicate, verb: Verb, agent: Subject, preceding: NounPhrase | None) -> Phrase:
    """did not sit → ne s'est pas assis; often sleeps → dort souvent; slept well → a bien dormi."""
    tense = "simple past" if plan.past else "present"
    lemma, *particle = verb.english.split()
    supported = plan.negation == "not"
    form = english_verb(lemma, "infinitive" if supported else tense, agent.plural)
    main = words(" ".join((form, *particle)))
    support = words(english_verb("do", tense, agent.plural) if supported else "")
    negation, frequency = words(plan.negation), words(plan.frequency)
    well = words("well" if plan.manner == "well" else "")

    finite, participle = conjugated(plan, verb, agent, preceding, (*support, *main), main)
    french = (
        *negated(negation, (*reflexive(verb, main), *finite)),
        *rendering(frequency, FREQUENCIES.get(plan.frequency, "")),
        *rendering(well, "bien" if well else ""),
        *participle,
    )
    return Phrase((*support, *negation, *frequency, *main, *well), french)


def conjugated(
    plan: Predicate,
    verb: Verb,
    agent: Subject,
    preceding: NounPhrase | None,
    both: tuple[English, ...],
    main: tuple[English, ...],
) -> tuple[tuple[French, ...], tuple[French, ...]]:
    """The finite verb and the participle: (a, dormi), or (dort, nothing).

    The auxiliary renders did and the verb, for it says the tense and depends on the verb.
    """
    imperfect = plan.lasting or (verb.stative and plan.negation != "never")
    if not plan.past or imperfect:
        tense = "imperfect" if plan.past else "present"
        return rendering(both, french_verb(verb.french, tense, agent.plural)), ()
    with_being = verb.being or verb.reflexive
    agreed = agent if with_being else preceding
    gender, plural = ("m", False) if agreed is None else (agreed.gender, agreed.plural)
    auxiliary = french_verb("être" if with_being else "avoir", "present", agent.plural)
    participle = french_participle(verb.french, gender, plural)
    return rendering(both, auxiliary), rendering(main, participle)


def helped(plan: Predicate, verb: Verb, agent: Subject) -> Phrase:
    """does not want to sit → ne veut pas s'asseoir; could not swim → ne pouvait pas nager."""
    (singular, plural, past), marker, french, preposition = HELPERS[plan.helper]
    tense = "simple past" if plan.past else "present"
    supported = plan.negation == "not" and bool(marker)
    support = words(english_verb("do", tense, agent.plural) if supported else "")
    present = plural if agent.plural or supported else singular
    helper = words(past if plan.past and not supported else present)
    negation, to, main = words(plan.negation), words(marker), words(verb.english)
    both = (*support, *helper)

    if plan.past and plan.helper == "try":
        finite = rendering(both, french_verb("avoir", "present", agent.plural))
        participle = rendering(helper, french_participle(french, "m", False))
    else:
        form = french_verb(french, "imperfect" if plan.past else "present", agent.plural)
        finite, participle = rendering(both, form), ()
    infinitive = (
        *rendering(to, preposition),
        *reflexive(verb, main),
        *rendering((*to, *main), french_verb(verb.french, "infinitive")),
    )
    opening = (*support, *negation, *helper) if marker else (*helper, *negation)
    return Phrase((*opening, *to, *main), (*negated(negation, finite), *participle, *infinitive))


def negated(negation: tuple[English, ...], finite: tuple[French, ...]) -> tuple[French, ...]:
    """ne before the finite verb and its se, pas or jamais after: both render not or never."""
    if not negation:
        return finite
    return (
        *rendering(negation, "ne"),
        *finite,
        *rendering(negation, NEGATIONS[negation[0].text]),
    )


def reflexive(verb: Verb, main: tuple[English, ...]) -> tuple[French, ...]:
    """The se of a reflexive verb; it renders the verb, for English has no word for it."""
    return rendering(main, "se" if verb.reflexive else "")
