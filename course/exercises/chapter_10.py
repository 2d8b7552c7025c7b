"""Chapter 10, GPT: the exercises and what can go wrong in them."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from course.exercises.exercise import Exercise, close, known_mistake, missing
from course.exercises.nucleus import NUCLEUS

__all__ = ["INDUCTION", "NUCLEUS", "PERPLEXITY_BY_HAND", "SURPRISE"]

CHANCES = torch.tensor([1 / 2, 1 / 4, 1 / 8, 1 / 4], dtype=torch.float64)


def _fault_of_perplexity(answer: float) -> str | None:
    given = float(answer)
    nats = -CHANCES.log().mean()
    if close(given, nats.exp(), 0.01):
        return None
    known = {
        "this is the mean surprise in nats; the perplexity is its exponential.": nats,
        "this is the mean surprise in bits; the perplexity is 2 to that power.": nats / math.log(2),
        "this is the mean of 1/p. Take the mean of −ln p first, and the exponential last.": (
            (1 / CHANCES).mean()
        ),
        "this is 1 over the mean probability: one token that seemed impossible would not "
        "matter to it. Take the mean of −ln p.": 1 / CHANCES.mean(),
        "this is 1 over the probability of all four; a perplexity is a token's: take the mean.": (
            1 / CHANCES.prod()
        ),
        "this is exp of minus the perplexity's logarithm: a perplexity is 1 or more.": (
            -nats
        ).exp(),
    }
    for hint, mistake in known.items():
        if close(given, mistake, 0.01):
            return hint
    return "not this. Write ½, ¼, ⅛ and ¼ as powers of 2, take the mean of the exponents."


PERPLEXITY_BY_HAND = Exercise(
    find_fault=_fault_of_perplexity,
    solution=4.0,
    mistakes={
        "mean surprise in nats": 1.386,
        "mean surprise in bits": 2.0,
        "the mean of 1/p": 4.5,
        "1 over the mean probability": 3.56,
        "of all four": 256.0,
        "1 or more": 0.25,
        "powers of 2": 8.0,
    },
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


def _softmax_twice(logits: Tensor, tokens: Tensor) -> Tensor:
    return surprise(logits.softmax(dim=-1), tokens)


def _fault_of_surprise(answer: object) -> str | None:
    source = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(2, 5, 7, generator=source, dtype=torch.float64)
    tokens = torch.randint(7, (2, 5), generator=source)
    if not callable(answer):
        return "give the function itself, without calling it: check(surprise)."
    given = answer(logits, tokens)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "the targets are not shifted: the model is asked for what it has just read.": _unshifted,
        "the shift goes the wrong way: the model is asked for the token before.": _shifted_back,
        "the shift is two tokens: the successor of token t is token t + 1.": _two_further,
        "rolling brings the first token to the end: the last token has no successor here, "
        "leave its logits out.": _rolled,
        "this is the sum; take the mean over all tokens that have a successor.": _summed,
        "cross_entropy takes logits and does the softmax itself; here it is done twice.": (
            _softmax_twice
        ),
    }
    if (hint := known_mistake(given, known, logits, tokens)) is not None:
        return hint
    if torch.as_tensor(given).dim() != 0:
        return f"the loss is one number; yours has the shape {tuple(given.shape)}."
    if not close(given, surprise(logits, tokens)):
        return "not this number: compare logits[:, :-1] with tokens[:, 1:]."
    return None


SURPRISE = Exercise(
    find_fault=_fault_of_surprise,
    solution=surprise,
    mistakes={
        "not shifted": _unshifted,
        "the wrong way": _shifted_back,
        "two tokens": _two_further,
        "to the end": _rolled,
        "take the mean": _summed,
        "done twice": _softmax_twice,
        "one number": lambda logits, tokens: logits.sum(dim=-1),
        "compare logits": lambda logits, tokens: logits.mean(),
        "the function itself": 1.0,
        "returns nothing yet": lambda logits, tokens: ...,
    },
    praise="One pass over a text of T tokens is T − 1 lessons.",
)


def induction(weights: Float[Tensor, "T T"], length: int) -> Float[Tensor, ""]:
    here = torch.arange(length, 2 * length - 1)
    return weights[here, here - length + 1].mean()


def _same_token(weights: Tensor, length: int) -> Tensor:
    here = torch.arange(length, 2 * length)
    return weights[here, here - length].mean()


def _previous(weights: Tensor, length: int) -> Tensor:
    here = torch.arange(length, 2 * length - 1)
    return weights[here, here - 1].mean()


def _turned(weights: Tensor, length: int) -> Tensor:
    return induction(weights.T, length)


def _over_all_rows(weights: Tensor, length: int) -> Tensor:
    return induction(weights, length) * (length - 1) / (2 * length)


def _fault_of_induction(answer: object) -> str | None:
    source = torch.Generator().manual_seed(0)
    scores = 2 * torch.randn(10, 10, generator=source, dtype=torch.float64)
    weights = scores.masked_fill(torch.ones(10, 10).triu(1).bool(), -math.inf).softmax(dim=-1)
    if not callable(answer):
        return "give the function itself, without calling it: check(induction)."
    given = answer(weights, 5)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "this is the weight on the same token's first place; what is to be copied stands one "
        "place after it.": _same_token,
        "this is the weight on the token just before: a previous-token head, not induction.": (
            _previous
        ),
        "row and column are exchanged: weights[query, key].": _turned,
        "take the mean over the places of the second half that have an answer, not over all.": (
            _over_all_rows
        ),
    }
    if (hint := known_mistake(given, known, weights, 5)) is not None:
        return hint
    if not close(given, induction(weights, 5)):
        return "not this. The query at place i, from length on, looks at key i − length + 1."
    return None


INDUCTION = Exercise(
    find_fault=_fault_of_induction,
    solution=induction,
    mistakes={
        "the same token's first place": _same_token,
        "previous-token head": _previous,
        "exchanged": _turned,
        "not over all": _over_all_rows,
        "from length on": lambda weights, length: weights.mean(),
        "the function itself": 0.5,
        "returns nothing yet": lambda weights, length: ...,
    },
    praise="One diagonal of the map, and it names the heads that can learn from what they read.",
)
