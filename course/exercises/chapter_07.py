"""Chapter 07, many heads: the exercises and what can go wrong in them."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.exercise import Exercise, close, missing

BATCH, TOKENS, SIZE, HEADS = 2, 3, 8, 4


def _fault_of_bytes(answer: float) -> str | None:
    known = {
        98_304: "that counts all 16 query heads; the keys and values of only 4 heads are kept.",
        12_288: "half of it. Values are kept as well as keys, and 16 bits are two bytes.",
        1_024: "that is one layer. Each of the 24 has keys and values of its own.",
        196_608: "that counts bits; eight of them are a byte.",
        49_152: "that is with four bytes per number; 16 bits are two.",
    }
    if answer == 24_576:
        return None
    return known.get(int(answer), "multiply five things: layers, 2, key heads, size, bytes.")


BYTES = Exercise(
    find_fault=_fault_of_bytes,
    solution=24 * 2 * 4 * 64 * 2,
    mistakes={
        "all 16 query heads": 24 * 2 * 16 * 64 * 2,
        "half of it": 24 * 4 * 64 * 2,
        "one layer": 2 * 4 * 64 * 2,
        "counts bits": 24 * 2 * 4 * 64 * 16,
        "four bytes per number": 24 * 2 * 4 * 64 * 4,
        "multiply five things": 64,
    },
    praise="With a key head for each query head it would be four times as much.",
)


def split(x: Float[Tensor, "B T E"], heads: int) -> Float[Tensor, "B H T D"]:
    batch, tokens, size = x.shape
    return x.view(batch, tokens, heads, size // heads).transpose(1, 2)


def _without_transpose(x: Tensor, heads: int) -> Tensor:
    batch, tokens, size = x.shape
    return x.view(batch, heads, tokens, size // heads)


def _tokens_first(x: Tensor, heads: int) -> Tensor:
    batch, tokens, size = x.shape
    return x.view(batch, tokens, heads, size // heads)


def _every_other_number(x: Tensor, heads: int) -> Tensor:
    batch, tokens, size = x.shape
    return x.view(batch, tokens, size // heads, heads).permute(0, 3, 1, 2)


def _fault_of_split(answer: object) -> str | None:
    hints = {
        _without_transpose: "the right shape, but tokens and heads are mixed: view cuts what lies "
        "in a row, so cut the last axis first and transpose then.",
        _tokens_first: "the heads are cut, but stand after the tokens: transpose axes 1 and 2.",
        _every_other_number: "head 0 got every fourth number. It is the first E/H in a row.",
    }
    return _fault_of(answer, split, hints, _numbers(TOKENS), HEADS)


SPLIT = Exercise(
    find_fault=_fault_of_split,
    solution=split,
    mistakes={
        "tokens and heads are mixed": _without_transpose,
        "stand after the tokens": _tokens_first,
        "every fourth number": _every_other_number,
        "(2, 4, 3, 2)": lambda x, heads: x,
        "returns nothing yet": lambda x, heads: ...,
        "the function itself": split(torch.zeros(1, 1, 4), 2),
    },
    praise="No number was changed or copied: heads are a way to look at one tensor.",
)


def silence(states: Float[Tensor, "B T E"], heads: int, head: int) -> Float[Tensor, "B T E"]:
    size = states.shape[-1] // heads
    keep = torch.ones_like(states)
    keep[..., head * size : (head + 1) * size] = 0
    return states * keep


def _every_other_off(states: Tensor, heads: int, head: int) -> Tensor:
    keep = torch.ones_like(states)
    keep[..., head::heads] = 0
    return states * keep


def _one_number_off(states: Tensor, heads: int, head: int) -> Tensor:
    keep = torch.ones_like(states)
    keep[..., head] = 0
    return states * keep


def _token_off(states: Tensor, heads: int, head: int) -> Tensor:
    keep = torch.ones_like(states)
    keep[:, head] = 0
    return states * keep


def _others_off(states: Tensor, heads: int, head: int) -> Tensor:
    return states - silence(states, heads, head)


def _in_place(states: Tensor, heads: int, head: int) -> Tensor:
    size = states.shape[-1] // heads
    states[..., head * size : (head + 1) * size] = 0
    return states


def _fault_of_silence(answer: object) -> str | None:
    hints = {
        _every_other_off: "every fourth number is off. A head's numbers stand side by side.",
        _one_number_off: "one number is off. A head has E/H of them.",
        _token_off: "a token is off in all heads. The heads lie along the last axis.",
        _others_off: "this head alone is left; all others are off.",
    }
    states = _numbers(TOKENS)
    before = states.clone()
    fault = _fault_of(answer, silence, hints, states, HEADS, 2)
    if fault is None and not torch.equal(states, before):
        return "right numbers, but the tensor you were given has changed: work on a copy."
    return fault


SILENCE = Exercise(
    find_fault=_fault_of_silence,
    solution=silence,
    mistakes={
        "every fourth number": _every_other_off,
        "one number is off": _one_number_off,
        "a token is off": _token_off,
        "this head alone is left": _others_off,
        "work on a copy": _in_place,
        "returns nothing yet": lambda states, heads, head: ...,
    },
    praise="That is what heads_off does to the input of the output matrix.",
)


def share(key: Float[Tensor, "B G T D"], heads: int) -> Float[Tensor, "B H T D"]:
    return key.repeat_interleave(heads // key.shape[1], dim=1)


def _share_in_turn(key: Tensor, heads: int) -> Tensor:
    return key.repeat(1, heads // key.shape[1], 1, 1)


def _share_tokens(key: Tensor, heads: int) -> Tensor:
    return key.repeat_interleave(heads // key.shape[1], dim=2)


def _share_first(key: Tensor, heads: int) -> Tensor:
    return key[:, :1].expand(-1, heads, -1, -1)


def _fault_of_share(answer: object) -> str | None:
    hints = {
        _share_in_turn: "the order is 0 1 0 1: that is repeat. Neighbors share, 0 0 1 1.",
        _share_tokens: "the tokens are repeated. The heads are axis 1.",
        _share_first: "all query heads got key head 0: that is MQA with one of the two heads.",
    }
    return _fault_of(answer, share, hints, split(_numbers(TOKENS), 2), HEADS)


SHARE = Exercise(
    find_fault=_fault_of_share,
    solution=share,
    mistakes={
        "0 1 0 1": _share_in_turn,
        "The heads are axis 1": _share_tokens,
        "key head 0": _share_first,
        "(2, 4, 3, 4)": lambda key, heads: key,
        "returns nothing yet": lambda key, heads: ...,
    },
    praise="Query head h now finds key head h // (H/G) at its own place.",
)


def _numbers(tokens: int) -> Float[Tensor, "B T E"]:
    source = torch.Generator().manual_seed(7)
    return torch.randn(BATCH, tokens, SIZE, generator=source, dtype=torch.float64)


def _fault_of(
    answer: object,
    solution: Callable[..., Tensor],
    hints: Mapping[Callable[..., Tensor], str],
    *given: Any,
) -> str | None:
    """What is wrong with the reader's function, judged by what it makes of `given`."""
    if not callable(answer):
        return "give the function itself, without calling it."
    right = {mistake: mistake(*given) for mistake in (solution, *hints)}
    found = answer(*given)
    if (fault := missing(found)) is not None:
        return fault
    for mistake, hint in hints.items():
        if close(found, right[mistake]):
            return hint
    wanted = tuple(right[solution].shape)
    if tuple(found.shape) != wanted:
        return f"the shape must be {wanted}, yours is {tuple(found.shape)}."
    return None if close(found, right[solution]) else "the right shape, but other numbers."
