"""Sentences with their French and their alignment, written by hand: one for each phenomenon.

The last string gives, for each French word, the index of the English words it renders.
"""

from course.data.grammar.choosing import ADJECTIVE, NOUN
from course.data.grammar.plans import (
    Clause,
    Existence,
    NounPhrase,
    Pair,
    Place,
    Predicate,
    Pronoun,
    Quality,
    Relative,
    Sentence,
    Subject,
)
from course.data.grammar.verbs import VERBS


def np(text: str, plural: bool = False, **more: object) -> NounPhrase:
    """the old cat → its plan; the noun in the singular."""
    determiner, *adjectives, noun = text.split()
    chosen = tuple(ADJECTIVE[adjective] for adjective in adjectives)
    return NounPhrase(NOUN[noun], determiner, plural, chosen, **more)  # type: ignore[arg-type]


def does(verb: str, **more: object) -> Predicate:
    return Predicate(VERBS[verb], **more)  # type: ignore[arg-type]


def says(subject: Subject, *predicates: Predicate) -> Sentence:
    return Sentence((Clause(subject, predicates),))


def be(adjective: str, degree: str = "", past: bool = True, negation: str = "") -> Predicate:
    known = ADJECTIVE.get(adjective, adjective) if adjective != "hungry" else adjective
    return Predicate(None, past, negation, quality=Quality(known, degree))


CASES = [
    (
        "reflexive verb, past",
        says(np("the cat"), does("sit", place=Place("on", np("the mat")))),
        "the cat sat on the mat",
        "le chat s' est assis sur le tapis",
        "0 1 2 2 2 3 4 5",
    ),
    (
        "feminine plural participle, negation around se and the auxiliary",
        says(np("the girl", plural=True), does("sit", negation="not")),
        "the girls did not sit",
        "les filles ne se sont pas assises",
        "0 1 3 4 2+4 3 4",
    ),
    (
        "adjectives on both sides of the noun, vieil before a vowel",
        says(np("the old black owl"), does("sleep", place=Place("near", np("the old tree")))),
        "the old black owl slept near the old tree",
        "le vieux hibou noir a dormi près du vieil arbre",
        "0 1 3 2 4 4 5 5+6 7 8",
    ),
    (
        "bel and nouvel, cet",
        says(np("this beautiful bird"), does("see", object=np("a new hotel"))),
        "this beautiful bird saw a new hotel",
        "ce bel oiseau a vu un nouvel hôtel",
        "0 1 2 3 3 4 5 6",
    ),
    (
        "cet before a vowel, present with does not",
        says(np("this bird"), does("sleep", past=False, negation="not")),
        "this bird does not sleep",
        "cet oiseau ne dort pas",
        "0 1 3 2+4 3",
    ),
    (
        "ne … jamais, elided",
        says(np("the aunt"), does("open", past=False, negation="never", object=np("this door"))),
        "the aunt never opens this door",
        "la tante n' ouvre jamais cette porte",
        "0 1 2 3 2 4 5",
    ),
    (
        "pas de for an indefinite object",
        says(np("the boy"), does("buy", negation="not", object=np("a orange"))),
        "the boy did not buy an orange",
        "le garçon n' a pas acheté d' orange",
        "0 1 3 2+4 3 4 5 6",
    ),
    (
        "des becomes de before an adjective in front",
        says(Pronoun("she", "f"), does("read", object=np("some old book", plural=True))),
        "she read some old books",
        "elle a lu de vieux livres",
        "0 1 1 2 3 4",
    ),
    (
        "partitive, contracted",
        says(np("my friend"), does("eat", past=False, object=np("some bread"))),
        "my friend eats some bread",
        "mon ami mange du pain",
        "0 1 2 3 4",
    ),
    (
        "partitive, elided",
        says(np("the cow"), does("drink", object=np("some water"))),
        "the cow drank some water",
        "la vache a bu de l' eau",
        "0 1 2 2 3 3 4",
    ),
    (
        "owner with 's, contraction over the reordering",
        says(np("the old horse", owner=np("the king")), does("fall")),
        "the king 's old horse fell",
        "le vieux cheval du roi est tombé",
        "2 3 4 0+2 1 5 5",
    ),
    (
        "à + les → aux, his → sa by what is owned",
        says(
            np("the boy"),
            does("show", object=np("his key"), recipient=np("the girl", plural=True)),
        ),
        "the boy showed his key to the girls",
        "le garçon a montré sa clé aux filles",
        "0 1 2 2 3 4 5+6 7",
    ),
    (
        "her → son before a masculine noun",
        says(np("the girl"), does("lose", object=np("her hat"))),
        "the girl lost her hat",
        "la fille a perdu son chapeau",
        "0 1 2 2 3 4",
    ),
    (
        "object relative: the participle agrees with the letter",
        says(
            np("the letter", relative=Relative(does("write"), Pronoun("he", "m"))),
            be("long", "very"),
        ),
        "the letter that he wrote was very long",
        "la lettre qu' il a écrite était très longue",
        "0 1 2 3 4 4 5 6 7",
    ),
    (
        "subject relative: who → qui",
        says(np("the woman", relative=Relative(does("arrive"))), does("laugh")),
        "the woman who arrived laughed",
        "la femme qui est arrivée a ri",
        "0 1 2 3 3 4 4",
    ),
    (
        "frequency after the French verb",
        says(np("the dog", plural=True), does("bark", past=False, frequency="often")),
        "the dogs often bark",
        "les chiens aboient souvent",
        "0 1 3 2",
    ),
    (
        "well before the participle, did not",
        says(np("the child"), does("sleep", negation="not", manner="well")),
        "the child did not sleep well",
        "l' enfant n' a pas bien dormi",
        "0 1 3 2+4 3 5 4",
    ),
    (
        "helper, reflexive infinitive",
        says(np("the cat"), does("hide", past=False, negation="not", helper="want")),
        "the cat does not want to hide",
        "le chat ne veut pas se cacher",
        "0 1 3 2+4 3 6 5+6",
    ),
    (
        "essayer de, elided",
        says(np("the queen"), does("open", helper="try", object=np("the box"))),
        "the queen tried to open the box",
        "la reine a essayé d' ouvrir la boîte",
        "0 1 2 2 3 3+4 5 6",
    ),
    (
        "state in the imparfait, but never in the passé composé",
        says(np("the king"), does("love", negation="never", object=np("the cat"))),
        "the king never loved the cat",
        "le roi n' a jamais aimé le chat",
        "0 1 2 3 2 3 4 5",
    ),
    (
        "masculine wins in a pair",
        says(Pair(np("the mouse"), np("the duck")), does("leave")),
        "the mouse and the duck left",
        "la souris et le canard sont partis",
        "0 1 2 3 4 5 5",
    ),
    (
        "there is no → il n'y a pas de",
        Sentence(
            (Existence(np("no owl"), Place("in front of", np("the school"))),),
        ),
        "there is no owl in front of the school",
        "il n' y a pas de hibou devant l' école",
        "0 2 0 1 2 2 3 4+5+6 7 8",
    ),
    (
        "be hungry → avoir faim; it is the mouse, hence elle",
        Sentence(
            (
                Clause(np("the mouse"), (does("stop"),)),
                Clause(Pronoun("it", "f"), (be("hungry", "very"),)),
            ),
            ("because",),
        ),
        "the mouse stopped because it was very hungry",
        "la souris s' est arrêtée parce qu' elle avait très faim",
        "0 1 2 2 2 3 3 4 5 6 7",
    ),
    (
        "while → pendant que with the imparfait, a time first",
        Sentence(
            (
                Clause(np("the boy"), (does("read", object=np("the story")),)),
                Clause(np("the uncle"), (does("work", lasting=True),)),
            ),
            ("while",),
            "yesterday",
            time_first=True,
        ),
        "yesterday the boy read the story while the uncle worked",
        "hier le garçon a lu l' histoire pendant que l' oncle travaillait",
        "0 1 2 3 3 4 5 6 6 7 8 9",
    ),
]
