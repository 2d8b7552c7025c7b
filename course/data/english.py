"""English sentences to try a pretrained model on: what *it* means, and which mean the same."""

from typing import NamedTuple


class Ending(NamedTuple):
    """A sentence, what its *it* stands for, and the other thing that *it* might have stood for."""

    text: str
    meant: str
    other: str


class Triple(NamedTuple):
    """A sentence, one that means about the same, and one that shares its words and does not."""

    text: str
    same_meaning: str
    same_words: str


# In pairs that differ only in the last word, which changes what *it* means. The form is
# Winograd's (Levesque et al., 2012).
ENDINGS = tuple(
    Ending(f"{start} {ending}.", meant, other)
    for start, first, second in (
        (
            "The animal didn't cross the street because it was too",
            ("tired", "animal"),
            ("wide", "street"),
        ),
        (
            "The trophy didn't fit in the suitcase because it was too",
            ("large", "trophy"),
            ("small", "suitcase"),
        ),
        ("The truck passed the bus because it was going so", ("fast", "truck"), ("slowly", "bus")),
        ("The ball broke the table because it was made of", ("steel", "ball"), ("paper", "table")),
        (
            "The dog didn't jump over the fence because it was too",
            ("old", "dog"),
            ("high", "fence"),
        ),
        ("I put the cake in the fridge because it was", ("melting", "cake"), ("empty", "fridge")),
        (
            "The bottle didn't fit in the bag because it was too",
            ("big", "bottle"),
            ("full", "bag"),
        ),
    )
    for (ending, meant), other in ((first, second[1]), (second, first[1]))
)

TRIPLES = (
    Triple("How old are you?", "What is your age?", "How are you?"),
    Triple("I loved this film.", "The movie was wonderful.", "I missed this film."),
    Triple(
        "How do I get to the station?",
        "Where is the railway stop?",
        "How do I get rid of the stain?",
    ),
    Triple(
        "The shop opens at nine.",
        "The store is closed until 9 a.m.",
        "The flower opens at night.",
    ),
    Triple("He is a doctor.", "Her brother works as a physician.", "He is a sailor."),
    Triple(
        "The cat sat on the mat.", "A kitten was resting on the rug.", "The hat lay on the mat."
    ),
    Triple(
        "My phone has no power left.",
        "The battery of my mobile is empty.",
        "My country has no king left.",
    ),
    Triple(
        "The bank raised its interest rates.",
        "Borrowing money became more expensive.",
        "The bank of the river was raised.",
    ),
    Triple(
        "It is raining heavily.",
        "We are having a storm with a lot of water.",
        "It is breathing heavily.",
    ),
    Triple("The child is asleep.", "The little girl is taking a nap.", "The child is outside."),
)
