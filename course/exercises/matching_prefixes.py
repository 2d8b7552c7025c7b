"""Chapter 19: the induction score of one head on any text (Olsson et al., 2022)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def prefix_matching(weights: Tensor, tokens: Tensor) -> Tensor:
    found = []
    for i, token in enumerate(tokens):
        keys = [k for k in range(1, i) if tokens[k - 1] == token]
        if keys:
            found.append(weights[i, keys].sum())
    return torch.stack(found).mean()


def _scored(weights: Tensor, keys: Tensor, *, over: Tensor | None = None) -> Tensor:
    """The mean of the weights on `keys`, over the queries that have one, or those of `over`."""
    asked = keys.any(dim=1) if over is None else over
    return (weights * keys).sum(dim=1)[asked].mean()


def _followers(tokens: Tensor) -> Tensor:
    """True at (i, k): key k < i follows a place of token i."""
    before = torch.cat((tokens[:1] * 0 - 1, tokens[:-1]))
    return (before == tokens[:, None]).tril(-1)


def _same(tokens: Tensor) -> Tensor:
    return (tokens == tokens[:, None]).tril(-1)


def _latest(keys: Tensor) -> Tensor:
    places = torch.arange(keys.shape[1])
    return keys & (places == (keys * places).amax(dim=1, keepdim=True))


def _future_too(tokens: Tensor) -> Tensor:
    before = torch.cat((tokens[:1] * 0 - 1, tokens[:-1]))
    return before == tokens[:, None]


def _texts(draw: Draw) -> Sequence[Inputs]:
    """Maps that see everything, of texts in which some tokens come twice or three times."""
    texts = (
        [7, 8, 7, 8, 9, 7],
        [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5],
        [2, 2, 5, 2],
        [0, 4, 6, 0, 4, 6, 0],
    )
    return [(draw.weights(len(text), len(text)), torch.tensor(text)) for text in texts]


PREFIX_MATCHING = in_code(
    prefix_matching,
    _texts,
    known={
        "these are the weights on the same token; what is to be copied stands one place further.": (
            lambda weights, tokens: _scored(weights, _same(tokens))
        ),
        "row and column are exchanged: weights[query, key].": (
            lambda weights, tokens: _scored(weights.T, _followers(tokens))
        ),
        "only the queries count that have such a key: the others have nothing to find.": (
            lambda weights, tokens: _scored(
                weights, _followers(tokens), over=torch.ones(len(tokens)) > 0
            )
        ),
        "a token may have come more than once before: add up the weights behind all its places.": (
            lambda weights, tokens: _scored(weights, _latest(_followers(tokens)))
        ),
        "keys after the query are counted as well: only k < i has been read before.": (
            lambda weights, tokens: _scored(weights, _future_too(tokens))
        ),
        "a token right behind its like counts itself: only k < i has been read before.": (
            lambda weights, tokens: _scored(
                weights, _future_too(tokens) & (torch.ones(len(tokens), len(tokens)).tril() > 0)
            )
        ),
        "the mean is over keys as well: add up a query's keys, then take the mean of queries.": (
            lambda weights, tokens: weights[_followers(tokens)].mean()
        ),
        "this is the sum over the queries: take their mean.": lambda weights, tokens: weights[
            _followers(tokens)
        ].sum(),
        "this is the weight on the token before: a previous-token head.": lambda weights, tokens: (
            weights.diagonal(-1).mean()
        ),
    },
    shape="one number",
    advice="not this. For query i: the keys k < i whose token before, tokens[k − 1], is tokens[i].",
    also={"For query i: the keys": lambda weights, tokens: weights.mean()},
    praise="On random tokens said twice it is chapter 10's score; this one reads any text.",
)
