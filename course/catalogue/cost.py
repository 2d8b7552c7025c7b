"""What a type costs, as its paper computes it and as it is laid out here; how it grows with T."""

import re
from typing import Literal, NamedTuple

Growth = Literal["T", "between", "T²"]
HERE = re.compile(
    r"^(?P<paper>.*?)(?:, (?P<here>[^,]*?) \(here(?P<how>[^)]*)\)|; here (?P<so>.*))$"
)
SQUARE = re.compile(r"T[²³]|N²|Tq · \(?Tk|\)²|· \(?T/|\+ T/|T · D per token")
BETWEEN = re.compile(r"√T|log T|height|Σ length²|T\^")


class Cost(NamedTuple):
    """`here` is empty where this library lays the type out as its paper does."""

    paper: str
    here: str


def cost(said: str) -> Cost:
    """The two halves of an entry's `time` or `memory`: "T · W · D (paper), T² · D (here)"."""
    found = HERE.match(said)
    if not found:
        return Cost(said, "")
    here = found["so"] or found["here"] + (found["how"] and f" ({found['how'].strip()})")
    return Cost(found["paper"].replace(" (paper)", ""), here)


def growth(time: str) -> Growth:
    """How the time grows with T, all else fixed, as the paper computes it.

    A cost per token is summed over the T tokens of a text; parts of T (T/m) grow as T.
    """
    paper = cost(time).paper.partition(" (turning")[0].partition(" (adding")[0]
    if SQUARE.search(paper):
        return "T²"
    return "between" if BETWEEN.search(paper) else "T"
