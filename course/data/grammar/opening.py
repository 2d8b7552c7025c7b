"""The sentences that the course opens with. None of their close relatives is in the training split.

A close relative has both *cat* and *mat*, or both *animal* and *street*: the words are well known
from other sentences, the combination is new.
"""

from course.data.grammar.choosing import ADJECTIVE, NOUN
from course.data.grammar.plans import (
    Clause,
    NounPhrase,
    Place,
    Predicate,
    Pronoun,
    Quality,
    Relative,
    Sentence,
    Subject,
)
from course.data.grammar.verbs import VERBS


def cat(determiner: str = "the", *adjectives: str, plural: bool = False) -> NounPhrase:
    chosen = tuple(ADJECTIVE[adjective] for adjective in adjectives)
    return NounPhrase(NOUN["cat"], determiner, plural, chosen)


def mat(*adjectives: str) -> Place:
    chosen = tuple(ADJECTIVE[adjective] for adjective in adjectives)
    return Place("on", NounPhrase(NOUN["mat"], adjectives=chosen))


def on_the_mat(subject: Subject, verb: str = "sit", negation: str = "", *place: str) -> Sentence:
    predicate = Predicate(VERBS[verb], negation=negation, place=mat(*place))
    return Sentence((Clause(subject, (predicate,)),))


def crossing(determiner: str, adjective: str, pronoun: Pronoun, negation: str = "not") -> Sentence:
    street = NounPhrase(NOUN["street"])
    first = Predicate(VERBS["cross"], negation=negation, object=street)
    quality = Quality(ADJECTIVE[adjective], "too")
    return Sentence(
        (
            Clause(NounPhrase(NOUN["animal"], determiner), (first,)),
            Clause(pronoun, (Predicate(None, quality=quality),)),
        ),
        ("because",),
    )


SLEPT = Relative(Predicate(VERBS["sleep"], place=Place("under", NounPhrase(NOUN["table"]))))
OPENING = (
    on_the_mat(cat()),
    on_the_mat(cat("the", "black")),
    on_the_mat(cat("the", plural=True)),
    on_the_mat(cat("the", "old")),
    on_the_mat(cat("the", "little", "white")),
    on_the_mat(cat("a", "tired")),
    on_the_mat(cat("my")),
    on_the_mat(cat(), "sit", "not"),
    on_the_mat(cat("the", "old", "black"), "sit", "not", "new"),
    on_the_mat(cat(), "sleep"),
    on_the_mat(cat("the", "black"), "sleep", "", "old", "blue"),
    on_the_mat(NounPhrase(NOUN["cat"], relative=SLEPT)),
    Sentence((Clause(cat(), (Predicate(None, past=False, place=mat()),)),)),
    crossing("the", "tired", Pronoun("it", "m")),
    crossing("the", "wide", Pronoun("it", "f")),
    crossing("this", "tired", Pronoun("it", "m")),
    crossing("this", "wide", Pronoun("it", "f")),
)
