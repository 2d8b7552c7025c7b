"""Four numbers that say what kind of head a map belongs to, each a mean over queries i.

    previous token   mean of wᵢ,ᵢ₋₁, over the queries with a token before them
    self             mean of wᵢᵢ
    entropy          mean of −Σⱼ wᵢⱼ ln wᵢⱼ, in nats: 0 for one key, ln n for n keys alike
    induction        mean of Σ wᵢₖ over the keys k < i that follow an earlier place of token i

The last is *prefix matching* (Olsson et al., 2022); heads are sorted by these four in HeadVis
(2026). Entropy fits any map; the others need queries and keys that are the same tokens.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.checks import checked


@checked
def previous_token_score(weights: Float[Tensor, "B H T T"]) -> Float[Tensor, "B H"]:
    """Mean weight on the token before. Raises ValueError for fewer than two tokens."""
    if weights.shape[-1] < 2:
        raise ValueError(f"weights must be of two tokens or more, got {weights.shape[-1]}")
    return on_previous(weights, None, 0).nanmean(dim=-1)


@checked
def self_score(weights: Float[Tensor, "B H T T"]) -> Float[Tensor, "B H"]:
    """Mean weight on the query's own token. Raises ValueError without tokens."""
    _check_queries(weights)
    return on_self(weights, None, 0).mean(dim=-1)


@checked
def entropy_score(weights: Float[Tensor, "B H Tq Tk"]) -> Float[Tensor, "B H"]:
    """Mean entropy of a row, in nats: exp of it is a number of keys. ValueError without queries."""
    _check_queries(weights)
    return entropy_of(weights, None, 0).mean(dim=-1)


@checked
def induction_score(
    weights: Float[Tensor, "B H T T"], tokens: Int[Tensor, "B T"]
) -> Float[Tensor, "B H"]:
    """Mean weight on all keys before that follow an earlier place of the query's token.

    Over the queries that have such a key. Raises ValueError for a text without one: no token comes
    a second time with another in between.
    """
    score = on_followers(weights, tokens, 0).nanmean(dim=-1)
    if score.isnan().any():
        raise ValueError("tokens must hold, in each text, one that comes again further on")
    return score


def _check_queries(weights: Tensor) -> None:
    if weights.shape[-2] == 0:
        raise ValueError(f"weights must have a query or more, got {tuple(weights.shape)}")


Rows = Float[Tensor, "B H R T"]
PerQuery = Callable[[Tensor, Tensor | None, int], Tensor]


def on_previous(rows: Rows, tokens: Tensor | None, start: int) -> Float[Tensor, "B H R"]:
    """Per query from place `start` on; NaN at place 0, which has no token before."""
    places = torch.arange(start, start + rows.shape[2], device=rows.device)
    weights = rows.gather(-1, _keys((places - 1).clamp(min=0), rows))[..., 0]
    return weights.masked_fill(places == 0, torch.nan)


def on_self(rows: Rows, tokens: Tensor | None, start: int) -> Float[Tensor, "B H R"]:
    """Per query from place `start` on."""
    places = torch.arange(start, start + rows.shape[2], device=rows.device)
    return rows.gather(-1, _keys(places, rows))[..., 0]


def entropy_of(rows: Rows, tokens: Tensor | None, start: int) -> Float[Tensor, "B H R"]:
    """Per query."""
    return torch.special.entr(rows).sum(dim=-1)


def on_followers(rows: Rows, tokens: Tensor | None, start: int) -> Float[Tensor, "B H R"]:
    """Per query from place `start` on; NaN where no key follows the query's token."""
    assert tokens is not None
    length = rows.shape[2]
    places = torch.arange(tokens.shape[1], device=rows.device)
    here = places[start : start + length, None]
    before = torch.cat((tokens[:, :1], tokens[:, :-1]), dim=1)  # of each key; place 0 has none
    follows = (before[:, None] == tokens[:, start : start + length, None]) & (places < here)
    follows = follows & (places > 0)  # (B, R, T)
    found = (rows * follows[:, None]).sum(dim=-1)
    return found.masked_fill(~follows.any(dim=-1)[:, None], torch.nan)


def _keys(places: Tensor, rows: Tensor) -> Tensor:
    return places[:, None].expand(*rows.shape[:3], 1)
