"""Chapter 06, self- and cross-attention: the exercises and what can go wrong in them."""

import re
from collections.abc import Sequence

from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.exercise import Exercise
from course.exercises.in_code import Inputs, in_code
from course.exercises.layering import DECODER_LAYER
from course.exercises.ordering import FOLLOWS_THE_ORDER
from course.exercises.trying import Draw

__all__ = ["CROSS_ATTENTION", "DECODER_LAYER", "FOLLOWS_THE_ORDER", "LOOKS", "SCORES"]

SCORES = by_hand(
    48,
    known={
        "that is English with itself. Here French asks: one row for each French word.": 36,
        "that is French with itself. The columns are the English words.": 64,
        "rows and columns are multiplied, not added.": 14,
        "each pair is scored once: French asks, English answers.": 96,
        "that is what four heads compute; the question is one.": 192,
    },
    otherwise="not this: queries times keys.",
    also={"queries times keys": 47},
    praise="An oblong table: 8 rows, one for each French word, and 6 columns.",
)


def cross_attention(x: Tensor, context: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor) -> Tensor:
    q, k, v = x @ Wq, context @ Wk, context @ Wv
    return (q @ k.T / k.shape[-1] ** 0.5).softmax(dim=-1) @ v


def _look(q: Tensor, k: Tensor, v: Tensor, divisor: float) -> Tensor:
    return (q @ k.T / divisor).softmax(dim=-1) @ v


def _scaled(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return _look(q, k, v, k.shape[-1] ** 0.5)


def _wrong_axis(x: Tensor, context: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor) -> Tensor:
    scores = x @ Wq @ (context @ Wk).T / Wk.shape[-1] ** 0.5
    return scores.softmax(dim=0) @ (context @ Wv)


def _gives_weights(x: Tensor, context: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor) -> Tensor:
    return (x @ Wq @ (context @ Wk).T / Wk.shape[-1] ** 0.5).softmax(dim=-1)


def _two_texts(draw: Draw) -> Sequence[Inputs]:
    sizes = (4, 4, 3, 3), (2, 3, 6, 4), (5, 4, 2, 6), (3, 1, 4, 2)
    return [
        (draw.normal(q, e), draw.normal(k, e), *(draw.normal(3, e, d) / e**0.5).unbind())
        for q, k, e, d in sizes
    ]


CROSS_ATTENTION = in_code(
    cross_attention,
    _two_texts,
    known={
        "x and context are exchanged: x asks, so the queries come from x.": (
            lambda x, context, Wq, Wk, Wv: cross_attention(context, x, Wq, Wk, Wv)
        ),
        "x looks at itself: keys and values must come from the context.": (
            lambda x, context, Wq, Wk, Wv: cross_attention(x, x, Wq, Wk, Wv)
        ),
        "the values come from x. What is looked at is also what gives: the context.": (
            lambda x, context, Wq, Wk, Wv: _scaled(x @ Wq, context @ Wk, x @ Wv)
        ),
        "the keys come from x. Those who answer are in the context.": (
            lambda x, context, Wq, Wk, Wv: _scaled(x @ Wq, x @ Wk, context @ Wv)
        ),
        "the three matrices are not used: project first.": (
            lambda x, context, Wq, Wk, Wv: _scaled(x, context, context)
        ),
        "the values are not projected: v = context @ Wv.": (
            lambda x, context, Wq, Wk, Wv: _scaled(x @ Wq, context @ Wk, context)
        ),
        "Wq and Wk are exchanged: Wq is for x, Wk for the context.": (
            lambda x, context, Wq, Wk, Wv: _scaled(x @ Wk, context @ Wq, context @ Wv)
        ),
        "Wk and Wv are exchanged: keys take Wk, values Wv.": (
            lambda x, context, Wq, Wk, Wv: _scaled(x @ Wq, context @ Wv, context @ Wk)
        ),
        "Wq and Wv are exchanged: queries take Wq, values Wv.": (
            lambda x, context, Wq, Wk, Wv: _scaled(x @ Wv, context @ Wk, context @ Wq)
        ),
        "the scores are not divided by √D.": (
            lambda x, context, Wq, Wk, Wv: _look(x @ Wq, context @ Wk, context @ Wv, 1)
        ),
        "the scores are divided by D; it is its root, √D.": (
            lambda x, context, Wq, Wk, Wv: _look(x @ Wq, context @ Wk, context @ Wv, Wk.shape[-1])
        ),
        "the scores are divided by √E, the root of the size of x; it is √D, the size of a key.": (
            lambda x, context, Wq, Wk, Wv: _look(
                x @ Wq, context @ Wk, context @ Wv, x.shape[-1] ** 0.5
            )
        ),
        "the columns sum to 1: softmax over the wrong axis? Each row must (dim=-1).": _wrong_axis,
        "these are the weights. The output is weights @ v.": _gives_weights,
    },
    shape="a row per query, as wide as a value",
    advice="not these numbers: q from x, k and v from context, then the three lines.",
    also={
        "a row per query": lambda x, context, Wq, Wk, Wv: Wv.T,
        "then the three lines": lambda x, context, Wq, Wk, Wv: x @ Wq,
        "work on a copy": lambda x, context, Wq, Wk, Wv: _look(
            x @ Wq.div_(Wk.shape[-1] ** 0.5), context @ Wk, context @ Wv, 1
        ),
    },
    praise="Give it the same sequence twice, and it is self-attention.",
)


def _fault_of_looks(answer: object) -> str | None:
    words = set(re.findall("[a-z]+", str(answer).lower())) - {"attention"}
    if words in ({"cross"}, {"decoder", "cross"}):
        return None
    if "self" in words and "decoder" in words:
        return "in the decoder's self-attention French asks French."
    if "encoder" in words and "cross" not in words:
        return "the encoder only ever sees English: query and key are both English there."
    if words == {"self"}:
        return "self-attention stays within one sentence."
    return "answer with one of: encoder, decoder self, cross."


LOOKS = Exercise(
    find_fault=_fault_of_looks,
    solution="cross",
    mistakes={
        "only ever sees English": "encoder",
        "French asks French": "decoder self",
        "within one sentence": "self",
        "answer with one of": "both",
    },
    praise="The only bridge from English to French. Without it, not one sentence came out right.",
)
