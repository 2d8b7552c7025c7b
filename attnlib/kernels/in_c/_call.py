"""Calls of the compiled functions: tensors become addresses and strides, and nothing is copied."""

import ctypes
from typing import NamedTuple

import torch
from torch import Tensor

from attnlib.kernels.in_c._library import library

FAR = 2**30  # keys before and after, where a band has no edge


class _Tensor(ctypes.Structure):
    """`Tensor` in flash.c."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        *((axis, ctypes.c_int64) for axis in ("batch", "head", "row", "column")),
    )


class _Call(ctypes.Structure):
    """`Call` in flash.c."""

    _fields_ = (
        *((name, _Tensor) for name in ("query", "key", "value", "bias", "output", "logsumexp")),
        *((name, _Tensor) for name in ("d_output", "d_query", "d_key", "d_value", "d_bias")),
        ("first", ctypes.c_void_p),
        ("end", ctypes.c_void_p),
        *((name, ctypes.c_int32) for name in ("batch", "heads", "key_heads", "queries", "keys")),
        *((name, ctypes.c_int32) for name in ("size", "value_size", "before", "after")),
        ("scale", ctypes.c_float),
    )


class Sight(NamedTuple):
    """What a query sees: the keys from its place − before to its place + after, in first … end."""

    before: int = FAR
    after: int = FAR
    first: Tensor | None = None  # (B,) int64, as is `end`: the keys of each sequence
    end: Tensor | None = None


def forward(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, sight: Sight, scale: float
) -> tuple[Tensor, Tensor]:
    """Output (B, H, Tq, Dv) and logsumexp (B, H, Tq) of float32 tensors on the CPU."""
    output = query.new_empty((*query.shape[:3], value.shape[3]))
    logsumexp = query.new_empty(query.shape[:3])
    query, key, value = rows(query), rows(key), rows(value)
    call = _prepared(query, key, value, bias, output, logsumexp, sight, scale)
    library().forward(ctypes.byref(call), torch.get_num_threads())
    return output, logsumexp


def backward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    output: Tensor,
    logsumexp: Tensor,
    pull: Tensor,
    sight: Sight,
    scale: float,
    bias_learns: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The gradients of query, key, value and bias; the last one is empty when it is not asked for.

    Rows of a bias that several heads or sequences share are added to by one thread alone.
    """
    query, key, value, output, pull = map(rows, (query, key, value, output, pull))
    call = _prepared(query, key, value, bias, output, logsumexp, sight, scale)
    gradients = [torch.zeros(x.shape, dtype=x.dtype) for x in (query, key, value)]
    d_bias, threads = query.new_empty(0), torch.get_num_threads()
    if bias is not None and bias_learns:
        d_bias = torch.zeros(bias.shape, dtype=bias.dtype)
        call.d_bias = _described(d_bias.expand(_pairs(query, key)))
        threads = threads if bias.shape[:2] == query.shape[:2] else 1
    call.d_output = _described(pull)
    call.d_query, call.d_key, call.d_value = map(_described, gradients)
    library().backward(ctypes.byref(call), threads)
    return *gradients, d_bias  # type: ignore[return-value]


def rows(states: Tensor) -> Tensor:
    """The states themselves, where every row is contiguous and behind the one before; or a copy."""
    far, near = states.stride()[2:]
    if near == 1 and states.shape[3] <= far < 2**31:
        return states
    return states.clone(memory_format=torch.contiguous_format)


def _prepared(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    output: Tensor,
    logsumexp: Tensor,
    sight: Sight,
    scale: float,
) -> _Call:
    call = _Call(
        query=_described(query),
        key=_described(key),
        value=_described(value),
        output=_described(output),
        logsumexp=_described(logsumexp.unsqueeze(-1)),
        first=None if sight.first is None else sight.first.data_ptr(),
        end=None if sight.end is None else sight.end.data_ptr(),
        batch=query.shape[0],
        heads=query.shape[1],
        key_heads=key.shape[1],
        queries=query.shape[2],
        keys=key.shape[2],
        size=query.shape[3],
        value_size=value.shape[3],
        before=sight.before,
        after=sight.after,
        scale=scale,
    )
    if bias is not None:
        call.bias = _described(bias.expand(_pairs(query, key)))
    return call


def _pairs(query: Tensor, key: Tensor) -> tuple[int, ...]:
    return *query.shape[:3], key.shape[2]


def _described(states: Tensor) -> _Tensor:
    return _Tensor(states.data_ptr(), *states.stride())
