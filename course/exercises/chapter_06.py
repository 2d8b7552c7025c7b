"""Chapter 06, self- and cross-attention: the exercises and what can go wrong in them."""

from collections.abc import Callable

import torch
from torch import Tensor

from course.exercises.exercise import Exercise, close, known_mistake, missing

Layer = Callable[[Tensor], Tensor]


def _fault_of_scores(answer: float) -> str | None:
    known = {
        36: "that is English with itself. Here French asks: one row for each French word.",
        64: "that is French with itself. The columns are the English words.",
        14: "rows and columns are multiplied, not added.",
        96: "each pair is scored once: French asks, English answers.",
    }
    return None if answer == 48 else known.get(int(answer), "not this: queries times keys.")


SCORES = Exercise(
    find_fault=_fault_of_scores,
    solution=48,
    mistakes={
        "English with itself": 36,
        "French with itself": 64,
        "not added": 14,
        "scored once": 96,
    },
    praise="An oblong table: 8 rows, one for each French word, and 6 columns.",
)


def cross_attention(x: Tensor, context: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor) -> Tensor:
    q, k, v = x @ Wq, context @ Wk, context @ Wv
    return (q @ k.T / k.shape[-1] ** 0.5).softmax(dim=-1) @ v


def _exchanged(x: Tensor, context: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor) -> Tensor:
    return cross_attention(context, x, Wq, Wk, Wv)


def _self_only(x: Tensor, context: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor) -> Tensor:
    return cross_attention(x, x, Wq, Wk, Wv)


def _values_of_x(x: Tensor, context: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor) -> Tensor:
    q, k = x @ Wq, context @ Wk
    return (q @ k.T / k.shape[-1] ** 0.5).softmax(dim=-1) @ (x @ Wv)


def _no_projection(x: Tensor, context: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor) -> Tensor:
    return (x @ context.T / x.shape[-1] ** 0.5).softmax(dim=-1) @ context


def _unscaled(x: Tensor, context: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor) -> Tensor:
    return (x @ Wq @ (context @ Wk).T).softmax(dim=-1) @ (context @ Wv)


def _fault_of_cross_attention(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(cross_attention)."
    source = torch.Generator().manual_seed(0)
    x, context = torch.randn(2, 4, 3, generator=source, dtype=torch.float64)
    matrices = torch.randn(3, 3, 3, generator=source, dtype=torch.float64)
    given = answer(x, context, *matrices)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "x and context are exchanged: x asks, so the queries come from x.": _exchanged,
        "x looks at itself: keys and values must come from the context.": _self_only,
        "the values come from x. What is looked at is also what gives: the context.": _values_of_x,
        "the three matrices are not used: project first.": _no_projection,
        "the scores are not divided by √D.": _unscaled,
    }
    if (hint := known_mistake(given, known, x, context, *matrices)) is not None:
        return hint
    if not close(given, cross_attention(x, context, *matrices)):
        return "not these numbers: q from x, k and v from context, then the three lines."
    if answer(x[:2], context, *matrices).shape != (2, 3):
        return "with two queries the output must have two rows."
    return None


CROSS_ATTENTION = Exercise(
    find_fault=_fault_of_cross_attention,
    solution=cross_attention,
    mistakes={
        "exchanged": _exchanged,
        "x looks at itself": _self_only,
        "the values come from x": _values_of_x,
        "project first": _no_projection,
        "not divided by √D": _unscaled,
        "the function itself": torch.zeros(4, 3),
        "returns nothing yet": lambda x, context, Wq, Wk, Wv: ...,
    },
    praise="Give it the same sequence twice, and it is self-attention.",
)


def follows_the_order(layer: Layer, x: Tensor, order: Tensor) -> bool:
    return bool(torch.allclose(layer(x[order]), layer(x)[order]))


def _unchanged(layer: Layer, x: Tensor, order: Tensor) -> bool:
    return bool(torch.allclose(layer(x[order]), layer(x)))


def _exactly(layer: Layer, x: Tensor, order: Tensor) -> bool:
    return bool((layer(x[order]) == layer(x)[order]).all())


def _always(layer: Layer, x: Tensor, order: Tensor) -> bool:
    return True


def _attend(x: Tensor) -> Tensor:
    return (x @ x.T).softmax(dim=-1) @ x


def _fault_of_follows(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(follows_the_order)."
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    order = torch.tensor([2, 0, 4, 1, 3])
    said = answer(lambda x: 2 * x, x, order)
    if (fault := missing(said)) is not None:
        return fault
    if not said:
        return (
            "it says no even where each row is only doubled: the rows move along with the words, "
            "so compare with layer(x)[order], not layer(x)."
        )
    if answer(lambda x: x.cumsum(dim=0), x, order):
        return "it says yes to a running sum, whose outputs depend on what came before."
    if not answer(lambda x: _attend(x) + 1e-7 * torch.rand_like(x), x, order):
        return "rounding may differ in the last digit: compare with torch.allclose, not with ==."
    return None


FOLLOWS_THE_ORDER = Exercise(
    find_fault=_fault_of_follows,
    solution=follows_the_order,
    mistakes={
        "compare with layer(x)[order]": _unchanged,
        "compare with torch.allclose": _exactly,
        "yes to a running sum": _always,
        "the function itself": True,
        "returns nothing yet": lambda layer, x, order: ...,
    },
    praise="A test of one line that tells whether a layer knows about order at all.",
)


def _fault_of_looks(answer: str) -> str | None:
    words = str(answer).strip().lower()
    known = {
        "encoder": "the encoder only ever sees English: query and key are both English there.",
        "self": "self-attention stays within one sentence.",
        "decoder self": "in the decoder's self-attention French asks French.",
    }
    if words == "cross":
        return None
    return known.get(words, "answer with one of: encoder, decoder self, cross.")


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
