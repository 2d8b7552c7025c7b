"""Do a translator's weights find the right words? Cross-attention against gold alignments.

A target word is linked to the source word with the largest weight, in the row that predicts it.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from course.data.translation import Pair
from course.translation.translator import Translator

Links = set[tuple[int, int]]
BATCH_SIZE = 128


class Choice(NamedTuple):
    """A decoder layer by its name, and the heads that are averaged."""

    layer: str
    heads: tuple[int, ...]


def attention_links(translator: Translator, pairs: Sequence[Pair], choice: Choice) -> list[Links]:
    """Each pair's links (target index, source index), while the gold translation is written."""
    return [
        links(maps[choice.layer][list(choice.heads)].mean(dim=0))
        for maps in _maps(translator, pairs)
    ]


def links(weights: Float[Tensor, "T S"]) -> Links:
    """Every target word with the source word it looks at most."""
    return set(enumerate(weights.argmax(dim=-1).tolist()))


def diagonal_links(pair: Pair) -> Links:
    """The baseline that knows no word: the same share of the way through both sentences."""
    last_target, last_source = len(pair.target) - 1, len(pair.source) - 1
    return {(i, round(i / max(1, last_target) * last_source)) for i in range(len(pair.target))}


def hit_rate(found: Sequence[Links], pairs: Sequence[Pair]) -> float:
    """The share of links that are in the gold alignment."""
    hits = sum(len(some & pair.alignment) for some, pair in zip(found, pairs, strict=True))
    return hits / sum(map(len, found))


def alignment_error_rate(found: Sequence[Links], pairs: Sequence[Pair]) -> float:
    """AER = 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|)  (Och & Ney, 2003).

    A the links found, P the gold alignment (possible), S those of its links whose target word
    renders one source word only (sure).
    """
    right, possible = 0, 0
    for some, pair in zip(found, pairs, strict=True):
        right += len(some & pair.sure) + len(some & pair.alignment)
        possible += len(some) + len(pair.sure)
    return 1 - right / possible


def best_choice(translator: Translator, pairs: Sequence[Pair]) -> Choice:
    """The layer, and those of its heads whose mean has the least error on `pairs`.

    Give it validation data: chosen on the test data, the error would be too good to be true.
    """
    found: dict[Choice, list[Links]] = {}
    for maps in _maps(translator, pairs):
        for layer, weights in maps.items():
            heads = range(len(weights))
            for some in chain.from_iterable(combinations(heads, 1 + n) for n in heads):
                mean = weights[list(some)].mean(dim=0)
                found.setdefault(Choice(layer, some), []).append(links(mean))
    if not found:
        raise ValueError("translator has no cross-attention: there is nothing to choose")
    return min(found, key=lambda choice: alignment_error_rate(found[choice], pairs))


def _maps(
    translator: Translator, pairs: Sequence[Pair]
) -> Iterator[dict[str, Float[Tensor, "H T S"]]]:
    for first in range(0, len(pairs), BATCH_SIZE):
        some = pairs[first : first + BATCH_SIZE]
        yield from translator.cross_weights(
            [pair.source for pair in some], [pair.target for pair in some]
        )
