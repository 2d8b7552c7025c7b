"""Chapter 07, many heads: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.in_code import Inputs, in_code
from course.exercises.joining import JOIN
from course.exercises.trying import Draw

__all__ = ["BYTES", "JOIN", "SHARE", "SILENCE", "SPLIT"]

BYTES = by_hand(
    24 * 2 * 4 * 64 * 2,
    known={
        "that counts all 16 query heads; the keys and values of only 4 heads are kept.": (
            24 * 2 * 16 * 64 * 2
        ),
        "half of it. Values are kept as well as keys, and 16 bits are two bytes.": 24 * 4 * 64 * 2,
        "that is one layer. Each of the 24 has keys and values of its own.": 2 * 4 * 64 * 2,
        "that counts bits; eight of them are a byte.": 24 * 2 * 4 * 64 * 16,
        "that is with four bytes per number; 16 bits are two.": 24 * 2 * 4 * 64 * 4,
        "that is in KiB; the question asks for bytes.": 24,
    },
    otherwise="multiply five things: layers, 2, key heads, size, bytes.",
    also={"multiply five things": 64},
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


def _texts(draw: Draw) -> Sequence[Inputs]:
    sizes = (2, 3, 8, 4), (1, 5, 6, 2), (3, 2, 6, 3), (2, 1, 4, 1)
    return [(draw.normal(batch, tokens, size), heads) for batch, tokens, size, heads in sizes]


SPLIT = in_code(
    split,
    _texts,
    known={
        "the right shape, but tokens and heads are mixed: view cuts what lies in a row, so cut the "
        "last axis first and transpose then.": _without_transpose,
        "the heads are cut, but stand after the tokens: transpose axes 1 and 2.": _tokens_first,
        "of four heads the first got every fourth number. It is the first E/H that stand side by "
        "side.": _every_other_number,
    },
    shape="(B, H, T, D)",
    axes=("text", "head", "token", "number"),
    advice="the right shape, but other numbers.",
    also={
        "the shape is (2, 4, 3, 2)": lambda x, heads: x,
        "give one tensor; got a tuple of 4": lambda x, heads: x.chunk(heads, dim=-1),
        "the right shape, but other numbers": lambda x, heads: split(x, heads).flip(1),
    },
    praise="No number was changed: heads are a way to look at one tensor.",
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


def _heads_to_switch_off(draw: Draw) -> Sequence[Inputs]:
    sizes = (2, 3, 8, 4, 2), (1, 5, 6, 2, 1), (3, 2, 6, 3, 0), (2, 4, 12, 4, 3)
    return [(draw.normal(batch, t, size), heads, head) for batch, t, size, heads, head in sizes]


SILENCE = in_code(
    silence,
    _heads_to_switch_off,
    known={
        "of four heads every fourth number is off. A head's numbers stand side by side.": (
            _every_other_off
        ),
        "one number is off. A head has E/H of them.": _one_number_off,
        "a token is off in all heads. The heads lie along the last axis.": _token_off,
        "this head alone is left; all others are off.": _others_off,
        "the heads are counted from 0: you switched off the one before.": (
            lambda states, heads, head: silence(states, heads, head - 1 if head else heads - 1)
        ),
        "nothing is off.": lambda states, heads, head: states,
    },
    shape="(B, T, E), as before",
    axes=("text", "token", "number"),
    advice="the right shape, but other numbers.",
    also={
        "work on a copy": _in_place,
        "the right shape, but other numbers": lambda states, heads, head: 0 * states,
    },
    praise="That is what heads_off does to the input of the output matrix.",
)


def share_keys(key: Float[Tensor, "B G T D"], heads: int) -> Float[Tensor, "B H T D"]:
    return key.repeat_interleave(heads // key.shape[1], dim=1)


def _share_in_turn(key: Tensor, heads: int) -> Tensor:
    return key.repeat(1, heads // key.shape[1], 1, 1)


def _share_tokens(key: Tensor, heads: int) -> Tensor:
    return key.repeat_interleave(heads // key.shape[1], dim=2)


def _share_first(key: Tensor, heads: int) -> Tensor:
    return key[:, :1].expand(-1, heads, -1, -1)


def _divided_by_groups(key: Tensor, heads: int) -> Tensor:
    return key[:, torch.arange(heads) // key.shape[1]]


def _as_often_as_groups(key: Tensor, heads: int) -> Tensor:
    return key.repeat_interleave(key.shape[1], dim=1)


def _key_heads(draw: Draw) -> Sequence[Inputs]:
    """H/G differs from G in all cases; in the first h // G goes through as well."""
    sizes = (2, 3, 3, 4, 6), (1, 2, 5, 3, 6), (2, 1, 3, 2, 5), (3, 4, 2, 3, 4)
    return [(draw.normal(batch, g, t, d), heads) for batch, g, t, d, heads in sizes]


SHARE = in_code(
    share_keys,
    _key_heads,
    known={
        "the order is 0 1 0 1: that is repeat. Neighbors share, 0 0 1 1.": _share_in_turn,
        "the tokens are repeated. The heads are axis 1.": _share_tokens,
        "all query heads got key head 0: that is MQA, with one key head.": _share_first,
        "you divided by G; a group has H/G heads.": _divided_by_groups,
        "each key head is repeated G times; a group has H/G heads.": _as_often_as_groups,
        "nothing was repeated: H query heads need H key heads.": lambda key, heads: key,
    },
    shape="(B, H, T, D)",
    axes=("text", "head", "token", "number"),
    advice="the right shape, but other numbers.",
    also={
        "the shape is (2, 6, 3, 4)": lambda key, heads: key[:, :1],
        "the right shape, but other numbers": lambda key, heads: share_keys(key, heads).flip(1),
    },
    praise="Query head h now finds key head h // (H/G) at its own place.",
)
