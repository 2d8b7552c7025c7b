"""Vectors for a reader's own words: drawn from the letters, or kept of the trained translator's."""

import base64
from collections.abc import Mapping, Sequence
from functools import cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attnlib.layout import split_heads
from course.widgets.translator import trained

KINDS = ("query", "key", "value")
MOST_WORDS, MOST_HEADS, MOST_SIZE = 12, 4, 4
LIMIT = 5.0  # what a number may be at most; a step of a slider is 0.1
SPECIALS = 4  # the first of the vocabulary, which are no words
STEPS = 9  # drawn numbers are −2, −1.5, … 2


def drawn(word: str, head: int, kind: int, place: int) -> float:
    """A number for a word that nobody gave one: always the same for the same word and place.

    FNV-1a over the letters, mixed once more, as your_own_numbers.js has it.
    """
    units = f"{head}{kind}{place}{word.lower()}".encode("utf-16-le", "surrogatepass")
    hashed = 0x811C9DC5
    for i in range(0, len(units), 2):
        hashed = (hashed ^ (units[i] | units[i + 1] << 8)) * 0x01000193 % 2**32
    hashed = (hashed ^ hashed >> 15) * 0x85EBCA6B % 2**32
    return (hashed ^ hashed >> 13) % STEPS / 2 - 2


def drawn_vectors(
    words: Sequence[str], heads: int, size: int
) -> tuple[Float[Tensor, "1 H T D"], ...]:
    """Query, key and value of every word by `drawn`."""
    return tuple(
        torch.tensor(
            [
                [[drawn(word, head, kind, place) for place in range(size)] for word in words]
                for head in range(heads)
            ],
            dtype=torch.float64,
        )[None]
        for kind in range(len(KINDS))
    )


@cache
def trained_vectors() -> tuple[list[str], Float[Tensor, "V H 3 D"]]:
    """The translator's words, and of each head of its first layer four numbers for each vector.

    Queries and keys keep the four directions in which a head's scores differ most between keys
    (the singular vectors of the scores of all pairs, less the mean of each query, which no softmax
    sees), scaled so that q·k / √4 is the score; values keep their four principal components. The
    words stand without their places. In tenths, none beyond ±5.
    """
    translator, model = trained()
    words = list(translator.source_vocabulary.words[SPECIALS:])
    weights = model.state_dict()
    table = weights["source_embedding.table"][SPECIALS:].double()
    states = table * table.shape[1] ** 0.5
    query, key, value = (
        split_heads(_projected(states, weights, kind)[None], MOST_HEADS)[0] for kind in KINDS
    )
    scores = query @ key.mT / query.shape[-1] ** 0.5
    left, strength, right = torch.linalg.svd(
        scores - scores.mean(dim=-1, keepdim=True), full_matrices=False
    )
    root = (MOST_SIZE**0.5 * strength[:, None, :MOST_SIZE]).sqrt()
    queries, keys = left[..., :MOST_SIZE] * root, right.mT[..., :MOST_SIZE] * root
    parts, lengths, _ = torch.linalg.svd(
        value - value.mean(dim=1, keepdim=True), full_matrices=False
    )
    values = parts[..., :MOST_SIZE] * lengths[:, None, :MOST_SIZE]
    sign = _sign(queries)  # a singular vector and its opposite are as good
    kept = torch.stack([queries * sign, keys * sign, values * _sign(values)], dim=2)
    return words, (kept.transpose(0, 1) * 10).round().clamp(-10 * LIMIT, 10 * LIMIT) / 10


def _projected(
    states: Float[Tensor, "V E"], weights: Mapping[str, Tensor], kind: str
) -> Float[Tensor, "V E"]:
    name = f"encoder.0.self_attention.{kind}"
    return F.linear(states, weights[f"{name}.weight"].double(), weights[f"{name}.bias"].double())


def _sign(vectors: Float[Tensor, "H V D"]) -> Float[Tensor, "H 1 D"]:
    """±1 for each component, so that its largest number becomes positive."""
    largest = vectors.abs().argmax(dim=1, keepdim=True)
    return vectors.gather(1, largest).sign()


def packed(table: Float[Tensor, "V H 3 D"]) -> str:
    """The table in tenths, a byte per number, as base64."""
    return base64.b64encode((table * 10).round().to(torch.int8).numpy().tobytes()).decode()
