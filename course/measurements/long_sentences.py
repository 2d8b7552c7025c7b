"""Chapter 09: sentences longer than those of training, by what tells the translator the order."""

from course import checkpoints
from course.data.translation import load
from course.measurements.chapter_08 import trained, words_right
from course.measurements.table import Cell, Table
from course.translation import pretrained, train_long
from course.translation.alignment import Choice, attention_links, best_choice, hit_rate
from course.translation.evaluation import exact_match
from course.translation.translator import Translator

CHOOSING = 4  # every fourth validation sentence chooses layer and heads
ROWS = {
    "GRU, additive attention": "translation_gru_additive",
    "Transformer, waves": "translation_transformer",
    "Transformer, RoPE": "rotary",
    "Transformer, buckets": "bucketed",
}


def table() -> Table:
    """Exact translations of both splits, and of the long one: next words right, words found.

    A Transformer that is not stored is trained first, in a quarter of an hour each.
    """
    corpus = load()
    rows: list[list[Cell]] = []
    for name, stored in ROWS.items():
        translator = translator_of(stored)
        exact = exact_match(translator, corpus.test), exact_match(translator, corpus.longer)
        choice = best_choice(translator, corpus.valid[::CHOOSING])
        rows.append(
            [
                name,
                *exact,
                words_right(translator, corpus.longer),
                found(translator, choice),
            ]
        )
    return Table(
        "Held-out sentences, trained to 24 words; one seed each",
        ("translator", "3-24 exact", "25-30 exact", "next word right", "looks right"),
        rows,
        "python -m course.measurements 9",
        percent=True,
    )


def found(translator: Translator, choice: Choice) -> float:
    """How often the chosen heads look at a word that is rendered, in the longer sentences."""
    pairs = load().longer
    return hit_rate(attention_links(translator, pairs, choice), pairs)


def translator_of(stored: str) -> Translator:
    """A checkpoint of the course, or the translator of a position scheme, trained if need be."""
    if stored in checkpoints.names():
        return pretrained.load(stored)
    name = f"long_{stored}"
    return pretrained.load(name, trained(name, train_long.TASK, stored))
