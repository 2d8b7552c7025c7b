"""Predicates: tenses, auxiliaries, ne … pas, agreement of participles, relative clauses."""

from attnlib.data.grammar.lexicon import Verb
from attnlib.data.grammar.morphology import english_verb, french_participle, french_verb
from attnlib.data.grammar.noun_phrases import agreeing, noun_phrase, place, subject
from attnlib.data.grammar.phrase import English, French, Phrase, rendering, said, words
from attnlib.data.grammar.plans import NounPhrase, Predicate, Quality, Relative, Subject

NEGATIONS = {"not": "pas", "never": "jamais"}
FREQUENCIES = {"often": "souvent", "always": "toujours"}
MANNERS = {"slowly": "lentement", "quickly": "rapidement", "quietly": "tranquillement"}
DEGREES = {"very": "très", "too": "trop"}
HAVING = {"hungry": "faim", "thirsty": "soif", "afraid": "peur"}  # be hungry → avoir faim

# English present and past of the helpers, whether *to* follows, French verb, preposition, tense.
HELPERS = {
    "want": (("wants", "want", "wanted"), "to", "vouloir", ""),
    "try": (("tries", "try", "tried"), "to", "essayer", "de"),
    "can": (("can", "can", "could"), "", "pouvoir", ""),
    "must": (("must", "must", ""), "", "devoir", ""),
}


def relate(plan: Relative, head: NounPhrase) -> Phrase:
    """that slept → qui a dormi; that the girl read → que la fille a lu, agreeing with the head."""
    if plan.subject is None:
        which = "who" if "person" in head.noun.tags else "that"
        return said(which, "qui") + predicate(plan.predicate, head)
    own = subject(plan.subject, relate)
    return said("that", "que") + own + predicate(plan.predicate, plan.subject, preceding=head)


def predicate(plan: Predicate, agent: Subject, preceding: NounPhrase | None = None) -> Phrase:
    """Say what the agent does. `preceding` is an object said before: la lettre qu'il a écrite."""
    core = being(plan, agent) if plan.verb is None else doing(plan, plan.verb, agent, preceding)
    rest = Phrase()
    if plan.object is not None:
        rest += noun_phrase(plan.object, relate, negated=bool(plan.negation))
    if plan.recipient is not None:
        rest += said("to", "à") + noun_phrase(plan.recipient, relate)
    if plan.quality is not None and not idiom(plan.quality):
        rest += quality(plan.quality, agent)
    if plan.manner in MANNERS:
        rest += said(plan.manner, MANNERS[plan.manner])
    if plan.place is not None:
        rest += place(plan.place, relate)
    return core + rest


def quality(plan: Quality, agent: Subject) -> Phrase:
    """very happy → très heureuse."""
    assert not isinstance(plan.adjective, str)
    degree = said(plan.degree, DEGREES[plan.degree]) if plan.degree else Phrase()
    word = English(plan.adjective.english)
    adjective = agreeing(plan.adjective, agent.gender, agent.plural, word)
    return degree + Phrase((word,), (adjective,))


def idiom(plan: Quality) -> bool:
    """Whether French says it with avoir and a noun."""
    return isinstance(plan.adjective, str)


def being(plan: Predicate, agent: Subject) -> Phrase:
    """is not often tired → n'est pas souvent fatigué; is very hungry → a très faim."""
    verb = "être"
    after = Phrase()
    if plan.quality is not None and isinstance(plan.quality.adjective, str):
        verb = "avoir"
        degree = plan.quality.degree
        after = said(degree, DEGREES[degree]) if degree else Phrase()
        after += said(plan.quality.adjective, HAVING[plan.quality.adjective])
    english = words(english_verb("be", "simple past" if plan.past else "present", agent.plural))
    tense = "imperfect" if plan.past else "present"
    finite = rendering(english, french_verb(verb, tense, agent.plural))
    phrase = negate(plan.negation, Phrase(english), finite)
    if plan.frequency:
        phrase += said(plan.frequency, FREQUENCIES[plan.frequency])
    return phrase + after


def negate(negation: str, english: Phrase, finite: tuple[French, ...]) -> Phrase:
    """ne before the finite verb (and its se), pas or jamais after it; both render not or never."""
    if not negation:
        return Phrase(english.english, finite)
    word = words(negation)
    french = (*rendering(word, "ne"), *finite, *rendering(word, NEGATIONS[negation]))
    return Phrase((*english.english, *word), french)


def doing(plan: Predicate, verb: Verb, agent: Subject, preceding: NounPhrase | None) -> Phrase:
    """The verb group, with its helpers, auxiliaries and adverb."""
    if plan.helper:
        return helped(plan, verb, agent)
    particle = verb.english.split()[1:]
    lemma = verb.english.split()[0]
    supported = plan.negation == "not"
    tense = "simple past" if plan.past else "present"
    main = words(
        " ".join(
            [
                english_verb(lemma, "infinitive")
                if supported
                else english_verb(lemma, tense, agent.plural),
                *particle,
            ]
        )
    )
    support = words(english_verb("do", tense, agent.plural)) if supported else ()
    negation = words(plan.negation) if plan.negation else ()
    frequency = words(plan.frequency) if plan.frequency else ()
    english = (*support, *negation, *frequency, *main)

    both = (*support, *main)
    clitic = rendering(main, "se") if verb.reflexive else ()
    participle: tuple[French, ...] = ()
    imperfect = (verb.stative and plan.negation != "never") or plan.lasting
    if plan.past and not imperfect:
        auxiliary = "être" if verb.being or verb.reflexive else "avoir"
        finite = rendering(both, french_verb(auxiliary, "present", agent.plural))
        agreed = agent if auxiliary == "être" else preceding
        gender, plural = (agreed.gender, agreed.plural) if agreed is not None else ("m", False)
        participle = rendering(main, french_participle(verb.french, gender, plural))
    else:
        form = french_verb(verb.french, "imperfect" if plan.past else "present", agent.plural)
        finite = rendering(both, form)
    before = rendering(negation, "ne") if negation else ()
    after = rendering(negation, NEGATIONS[plan.negation]) if negation else ()
    adverb = rendering(frequency, FREQUENCIES[plan.frequency]) if frequency else ()
    well = words("well") if plan.manner == "well" else ()
    return Phrase(
        (*english, *well),
        (
            *before,
            *clitic,
            *finite,
            *after,
            *adverb,
            *rendering(well, "bien" if well else ""),
            *participle,
        ),
    )


def helped(plan: Predicate, verb: Verb, agent: Subject) -> Phrase:
    """does not want to sit → ne veut pas s'asseoir; cannot swim → ne peut pas nager."""
    (singular, plural, past), marker, french, preposition = HELPERS[plan.helper]
    negation = words(plan.negation) if plan.negation else ()
    supported = plan.negation == "not" and bool(marker)
    main = words(verb.english)
    to = words(marker) if marker else ()
    if supported:
        tense = "simple past" if plan.past else "present"
        support = words(english_verb("do", tense, agent.plural))
        helper = words(plural)
        english = (*support, *negation, *helper)
    else:
        support = ()
        helper = words(past if plan.past else plural if agent.plural else singular)
        english = (*negation, *helper) if marker else (*helper, *negation)
    both = (*support, *helper)
    participle: tuple[French, ...] = ()
    if plan.past and plan.helper == "try":
        finite = rendering(both, french_verb("avoir", "present", agent.plural))
        participle = rendering(helper, french_participle(french, "m", False))
    else:
        tense = "imperfect" if plan.past else "present"
        finite = rendering(both, french_verb(french, tense, agent.plural))
    infinitive = rendering((*to, *main), french_verb(verb.french, "infinitive"))
    clitic = rendering(main, "se") if verb.reflexive else ()
    link = rendering(to, preposition) if preposition else ()
    before = rendering(negation, "ne") if negation else ()
    after = rendering(negation, NEGATIONS[plan.negation]) if negation else ()
    return Phrase(
        (*english, *to, *main),
        (*before, *finite, *after, *participle, *link, *clitic, *infinitive),
    )
