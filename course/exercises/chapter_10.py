"""Chapter 10, GPT: the exercises and what can go wrong in them."""

import math
from collections.abc import Sequence

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from course.exercises.averaging import PERPLEXITY_OF_WINDOWS
from course.exercises.by_hand import by_hand
from course.exercises.in_code import Inputs, in_code
from course.exercises.inducing import INDUCTION
from course.exercises.nucleus import NUCLEUS
from course.exercises.trying import Draw

__all__ = ["INDUCTION", "NUCLEUS", "PERPLEXITY_BY_HAND", "PERPLEXITY_OF_WINDOWS", "SURPRISE"]

PERPLEXITY_BY_HAND = by_hand(
    4.0,
    within=0.01,
    known={
        "this is the mean surprise in nats; the perplexity is its exponential.": 2 * math.log(2),
        "this is the mean surprise in bits; the perplexity is 2 to that power.": 2.0,
        "this is the mean of 1/p. Take the mean of −ln p first, and the exponential last.": 4.5,
        "this is 1 over the mean probability: one token that seemed impossible would not "
        "matter to it. Take the mean of −ln p.": 32 / 9,
        "this is 1 over the probability of all four; a perplexity is per token: take the mean.": (
            256.0
        ),
        "this is exp of minus the perplexity's logarithm: a perplexity is 1 or more.": 0.25,
    },
    otherwise="not this. Write ½, ¼, ⅛ and ¼ as powers of 2, take the mean of the exponents.",
    also={"powers of 2": 8.0},
    praise="As unsure as among 4 equally likely tokens, though one by one among 2, 4, 8 and 4.",
)


def surprise(logits: Float[Tensor, "B T V"], tokens: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())


def _unshifted(logits: Tensor, tokens: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), tokens.flatten())


def _shifted_back(logits: Tensor, tokens: Tensor) -> Tensor:
    return F.cross_entropy(logits[:, 1:].flatten(0, 1), tokens[:, :-1].flatten())


def _two_further(logits: Tensor, tokens: Tensor) -> Tensor:
    return F.cross_entropy(logits[:, :-2].flatten(0, 1), tokens[:, 2:].flatten())


def _rolled(logits: Tensor, tokens: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), tokens.roll(-1, dims=1).flatten())


def _summed(logits: Tensor, tokens: Tensor) -> Tensor:
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten(), reduction="sum")


def _divided_by_all(logits: Tensor, tokens: Tensor) -> Tensor:
    return _summed(logits, tokens) / tokens.numel()


def _softmax_twice(logits: Tensor, tokens: Tensor) -> Tensor:
    return surprise(logits.softmax(dim=-1), tokens)


def _over_places(logits: Tensor, tokens: Tensor) -> Tensor:
    surprises = -logits[:, :-1].log_softmax(dim=1)
    return surprises.gather(-1, tokens[:, 1:, None]).mean()


def _texts(draw: Draw) -> Sequence[Inputs]:
    sizes = (2, 5, 7), (3, 4, 5), (1, 8, 6), (4, 3, 9)
    return [(2 * draw.normal(b, t, v), draw.below(v, b, t)) for b, t, v in sizes]


SURPRISE = in_code(
    surprise,
    _texts,
    known={
        "the targets are not shifted: the model is asked for what it has just read.": _unshifted,
        "the shift goes the wrong way: the model is asked for the token before.": _shifted_back,
        "the shift is two tokens: the successor of token t is token t + 1.": _two_further,
        "rolling brings the first token to the end: the last token has no successor here, "
        "leave its logits out.": _rolled,
        "this is the sum; take the mean over all tokens that have a successor.": _summed,
        "the sum is right, but divided by B · T: only T − 1 tokens of a text have a successor.": (
            _divided_by_all
        ),
        "the minus is missing: a surprise is −ln p.": (
            lambda logits, tokens: -surprise(logits, tokens)
        ),
        "this is in bits; the surprise is asked in nats, −ln p.": (
            lambda logits, tokens: surprise(logits, tokens) / math.log(2)
        ),
        "this is the perplexity; the mean surprise is its logarithm.": (
            lambda logits, tokens: surprise(logits, tokens).exp()
        ),
        "the softmax runs over the places: it is over the vocabulary, the last axis.": _over_places,
        "cross_entropy takes logits and does the softmax itself; here it is done twice.": (
            _softmax_twice
        ),
    },
    shape="the loss is one number",
    advice="not this number: compare logits[:, :-1] with tokens[:, 1:].",
    also={
        "one number": lambda logits, tokens: logits.sum(dim=-1),
        "compare logits": lambda logits, tokens: logits.mean(),
    },
    praise="One pass over a text of T tokens is T − 1 lessons.",
)
