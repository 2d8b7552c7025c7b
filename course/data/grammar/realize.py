"""From a plan to the sentence in English and in French, with the alignment."""

from course.data.grammar.morphology import english_verb, french_verb
from course.data.grammar.noun_phrases import noun_phrase, place, subject
from course.data.grammar.phrase import French, Phrase, join, rendering, said, words
from course.data.grammar.plans import Clause, Existence, Sentence
from course.data.grammar.predicates import predicate, relate

CONJUNCTIONS = {
    "and": "et",
    "but": "mais",
    "because": "parce que",
    "when": "quand",
    "while": "pendant que",
}
TIMES = {
    "yesterday": "hier",
    "today": "aujourd'hui",
    "every day": "chaque jour",
    "at night": "la nuit",
    "in the evening": "le soir",
    "this morning": "ce matin",
}
Aligned = tuple[tuple[str, ...], tuple[str, ...], frozenset[tuple[int, int]]]


def realize(sentence: Sentence) -> Aligned:
    """The English words, the French words, and the pairs (French index, English index)."""
    phrase = sentence_phrase(sentence)
    french = join(phrase.french)
    position = {word: index for index, word in enumerate(phrase.english)}
    alignment = frozenset(
        (index, position[english]) for index, word in enumerate(french) for english in word.renders
    )
    return (
        tuple(word.text for word in phrase.english),
        tuple(word.text for word in french),
        alignment,
    )


def sentence_phrase(sentence: Sentence) -> Phrase:
    """The clauses one after another, with their conjunctions and the time."""
    phrase = clause(sentence.clauses[0])
    time = said(sentence.time, TIMES[sentence.time]) if sentence.time else Phrase()
    phrase = time + phrase if sentence.time_first else phrase + time
    for conjunction, following in zip(sentence.conjunctions, sentence.clauses[1:], strict=True):
        phrase += said(conjunction, CONJUNCTIONS[conjunction]) + clause(following)
    return phrase


def clause(plan: Clause | Existence) -> Phrase:
    """A subject with its predicates, or *there is*."""
    if isinstance(plan, Existence):
        return existence(plan)
    phrase = subject(plan.subject, relate)
    for index, each in enumerate(plan.predicates):
        phrase += said("and", "et") if index else Phrase()
        phrase += predicate(each, plan.subject)
    return phrase


def existence(plan: Existence) -> Phrase:
    """there is a cat → il y a un chat; there is no cat → il n'y a pas de chat."""
    there = words("there")
    tense = ("simple past", "imperfect") if plan.past else ("present", "present")
    verb = words(english_verb("be", tense[0], plan.noun.plural))
    pronoun, y = rendering(there, "il y")
    has = rendering(verb, french_verb("avoir", tense[1]))
    noun = noun_phrase(plan.noun, relate)
    french: tuple[French, ...] = (pronoun, y, *has)
    if plan.noun.determiner == "no":
        negation = noun.english[:1]
        ne, pas = rendering(negation, "ne pas")
        french = (pronoun, ne, y, *has, pas)
    phrase = Phrase((*there, *verb, *noun.english), (*french, *noun.french))
    return phrase if plan.place is None else phrase + place(plan.place, relate)
