"""Calls of the compiled functions: tensors become addresses and strides, and nothing is copied."""

import struct

import torch
from torch import Tensor

from attnlib.kernels.in_c._library import library

# `Call` in flash.c: eleven tensors (address and four strides), two addresses, nine sizes, a factor.
CALL = struct.Struct("@" + 11 * "P4q" + "2P" + "9i" + "f")
ABSENT = (0, 0, 0, 0, 0)


def forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    first: Tensor | None,
    end: Tensor | None,
    before: int,
    after: int,
    scale: float,
) -> tuple[Tensor, Tensor]:
    """Output (B, H, Tq, Dv) and logsumexp (B, H, Tq) of float32 tensors on the CPU.

    A query sees the keys from its place − `before` to its place + `after` that are among its own
    sequence's, from `first` to before `end`: (B,) int64.
    """
    output = query.new_empty((*query.shape[:3], value.shape[3]))
    logsumexp = query.new_empty(query.shape[:3])
    states = rows(query), rows(key), rows(value), bias, output, logsumexp
    call = _packed(*states, 5 * ABSENT, first, end, before, after, scale)
    library().forward(call, torch.get_num_threads())
    return output, logsumexp


def backward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    first: Tensor | None,
    end: Tensor | None,
    before: int,
    after: int,
    scale: float,
    output: Tensor,
    logsumexp: Tensor,
    pull: Tensor,
    bias_learns: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The gradients of query, key, value and bias; the last one is empty when it is not asked for.

    Rows of a bias that several heads or sequences share are added to by one thread alone.
    """
    query, key, value, output, pull = map(rows, (query, key, value, output, pull))
    d_query, d_key, d_value = (torch.zeros(x.shape, dtype=x.dtype) for x in (query, key, value))
    d_bias, threads = query.new_empty(0), torch.get_num_threads()
    added: tuple[int, ...] = ABSENT
    if bias is not None and bias_learns:
        d_bias = torch.zeros(bias.shape, dtype=bias.dtype)
        added = _described(d_bias.expand(_pairs(query, key)))
        threads = threads if bias.shape[:2] == query.shape[:2] else 1
    gradients = [*map(_described, (pull, d_query, d_key, d_value)), added]
    states = query, key, value, bias, output, logsumexp
    described = tuple(number for one in gradients for number in one)
    call = _packed(*states, described, first, end, before, after, scale)
    library().backward(call, threads)
    return d_query, d_key, d_value, d_bias


def rows(states: Tensor) -> Tensor:
    """The states themselves, where every row is contiguous and behind the one before; or a copy."""
    far, near = states.stride()[2:]
    if near == 1 and states.shape[3] <= far < 2**31:
        return states
    return states.clone(memory_format=torch.contiguous_format)


def _packed(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    output: Tensor,
    logsumexp: Tensor,
    gradients: tuple[int, ...],
    first: Tensor | None,
    end: Tensor | None,
    before: int,
    after: int,
    scale: float,
) -> bytes:
    return CALL.pack(
        *_described(query),
        *_described(key),
        *_described(value),
        *(ABSENT if bias is None else _described(bias.expand(_pairs(query, key)))),
        *_described(output),
        *_described(logsumexp),
        1,
        *gradients,
        0 if first is None else first.data_ptr(),
        0 if end is None else end.data_ptr(),
        *query.shape[:2],
        key.shape[1],
        query.shape[2],
        key.shape[2],
        query.shape[3],
        value.shape[3],
        before,
        after,
        scale,
    )


def _pairs(query: Tensor, key: Tensor) -> tuple[int, ...]:
    return *query.shape[:3], key.shape[2]


def _described(states: Tensor) -> tuple[int, ...]:
    """`Tensor` in flash.c."""
    return states.data_ptr(), *states.stride()
