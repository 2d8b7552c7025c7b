"""Nyströmformer: attention through a few landmarks (Xiong et al., 2021).

softmax(Q·Kᵀ/√D) · V  ≈  F · A⁺ · B · V

    F = softmax(Q·K̃ᵀ/√D)   every query to m landmark keys
    A = softmax(Q̃·K̃ᵀ/√D)   landmarks to landmarks, and A⁺ its pseudo-inverse
    B = softmax(Q̃·Kᵀ/√D)   m landmark queries to every key

A landmark is the mean of a segment of consecutive tokens. Time and memory grow as T · m.
"""

import math
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.attended import Weighed
from attnlib.checks import check_at_least, checked
from attnlib.linear._inputs import share_heads


@checked
def full(
    query: Float[Tensor, "B Hq Tq D"],
    key: Float[Tensor, "B Hk Tk D"],
    value: Float[Tensor, "B Hv Tk Dv"],
    *,
    landmarks: int,
    iterations: int = 6,
) -> Weighed:
    """F · A⁺ · B · V with `landmarks` segments and `iterations` steps towards A⁺.

    With one landmark per token it is exact, once A⁺ has converged. Landmarks hold tokens from
    everywhere: there is no causal form and no mask. The `weights` F · A⁺ · B, of memory T² when
    they are read, may be negative, and before convergence rows do not sum to 1.
    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit, or
    when `landmarks` does not divide the lengths.
    """
    check_at_least(0, "iterations", iterations)
    for name, states in (("query", query), ("key", key)):
        _check_divides(name, states, landmarks)
    q, k, v = share_heads(query=query, key=key, value=value)
    q, k = q / math.sqrt(math.sqrt(q.shape[-1])), k / math.sqrt(math.sqrt(k.shape[-1]))
    query_landmarks, key_landmarks = segment_means(q, landmarks), segment_means(k, landmarks)
    to_landmarks = (q @ key_landmarks.mT).softmax(dim=-1)
    between = (query_landmarks @ key_landmarks.mT).softmax(dim=-1)
    from_landmarks = (query_landmarks @ k.mT).softmax(dim=-1)
    inverted = to_landmarks @ pseudo_inverse(between, iterations)
    output = (inverted @ (from_landmarks @ v)).to(value.dtype)
    return Weighed(output, partial(torch.matmul, inverted, from_landmarks))


@checked
def segment_means(states: Float[Tensor, "B H T D"], landmarks: int) -> Float[Tensor, "B H m D"]:
    """The mean of each of `landmarks` segments of consecutive tokens.

    Raises ValueError when the states do not divide into as many segments.
    """
    _check_divides("states", states, landmarks)
    return states.unflatten(2, (landmarks, -1)).mean(dim=3)


@checked
def pseudo_inverse(matrix: Float[Tensor, "*N m m"], iterations: int) -> Float[Tensor, "*N m m"]:
    """Z → A⁺ by Z ← Z·(13I − AZ·(15I − AZ·(7I − AZ)))/4, from Z = Aᵀ/(‖A‖₁‖A‖∞).

    Each step cubes the error or does better. ‖A‖₁ is the largest column sum, ‖A‖∞ the largest row
    sum, each matrix's own; some public code takes the largest of the whole batch.
    """
    check_at_least(0, "iterations", iterations)
    columns = matrix.abs().sum(dim=-2).amax(dim=-1)
    rows = matrix.abs().sum(dim=-1).amax(dim=-1)
    inverse = matrix.mT / (columns * rows)[..., None, None]
    identity = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    for _ in range(iterations):
        product = matrix @ inverse
        inner = 15 * identity - product @ (7 * identity - product)
        inverse = inverse @ (13 * identity - product @ inner) / 4
    return inverse


def _check_divides(name: str, states: Tensor, landmarks: int) -> None:
    check_at_least(1, "landmarks", landmarks)
    length = states.shape[2]
    if length == 0 or length % landmarks:
        raise ValueError(
            f"{name} has {length} tokens, which do not divide into {landmarks} segments"
        )
