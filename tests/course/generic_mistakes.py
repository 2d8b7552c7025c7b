"""Mistakes that anybody can make in any exercise, built by wrapping the exercise's own solution.

`in_code(solution, cases)` and `in_words(solution)` yield (name, wrong function); `by_hand(answer)`
yields (name, wrong answer). The names say where the mistake is made: "output doubled".
"""

import functools
import inspect
import math
import operator
from collections.abc import Iterator
from itertools import combinations

import torch
from torch import Tensor

from course.exercises.answers import tensor_of

EVERY_OUTPUT = {
    "zeros": torch.zeros_like,
    "ones": torch.ones_like,
    "one axis more": lambda out: out[None],
    "as text": str,
    "as a list of nothing": lambda out: [None],
    "dots": lambda out: ...,
    "complex": lambda out: out.to(torch.complex64),
}
NUMBERS = {
    "doubled": lambda out: 2 * out,
    "halved": lambda out: out / 2,
    "negated": lambda out: -out,
    "plus one": lambda out: out + 1,
    "minus one": lambda out: out - 1,
    "plus a thousandth": lambda out: out + 1e-3,
    "squared": lambda out: out * out,
    "its root": lambda out: out.abs().sqrt(),
    "inverted": lambda out: 1 / out,
    "one minus": lambda out: 1 - out,
    "all nan": lambda out: out * math.nan,
    "all infinite": lambda out: out.double() + math.inf,
    "its mean everywhere": lambda out: torch.full_like(out.double(), float(out.double().mean())),
    "to one decimal": lambda out: out.double().round(decimals=1),
    "as booleans": lambda out: out > 0,
}
TRUTHS = {
    "inverted": torch.logical_not,
    "as floats": lambda out: out.float(),
    "as whole numbers": lambda out: out.long(),
}
AXES = {
    "flipped": lambda out, axis: out.flip(axis),
    "rolled": lambda out, axis: out.roll(1, axis),
    "one less": lambda out, axis: out.narrow(axis, 0, out.shape[axis] - 1),
    "the first repeated": lambda out, axis: out.narrow(axis, 0, 1).expand_as(out),
    "the first twice": lambda out, axis: torch.cat((out.narrow(axis, 0, 1), out), axis),
    "the last 0": lambda out, axis: out.index_fill(axis, torch.tensor(out.shape[axis] - 1), 0),
    "from the third on 0": lambda out, axis: out.index_fill(
        axis, torch.arange(2, max(out.shape[axis], 2)), 0
    ),
    "moved first": lambda out, axis: out.movedim(axis, 0) if axis else out.movedim(0, -1),
    "sorted": lambda out, axis: out.sort(dim=axis).values,
    "reduced": lambda out, axis: out.double().mean(axis),
    "reduced, kept": lambda out, axis: out.double().mean(axis, keepdim=True).expand_as(out),
}
NUMBER_AXES = {
    "softmax": lambda out, axis: out.double().softmax(axis),
    "summed up": lambda out, axis: out.cumsum(axis),
    "divided by its sum": lambda out, axis: out / out.sum(axis, keepdim=True),
}
SINGLES = {
    "first": lambda out: (0,) * out.dim(),
    "last": lambda out: (-1,) * out.dim(),
    "middle": lambda out: tuple(size // 2 for size in out.shape),
}
INPUT_TENSORS = {
    "doubled": lambda x: 2 * x,
    "negated": lambda x: -x,
    "zeros": torch.zeros_like,
    "ones": torch.ones_like,
    "plus one": lambda x: x + 1,
    "transposed": lambda x: x.mT if x.dim() > 1 else x.flip(0),
    "its mean everywhere": lambda x: x.double().mean().to(x.dtype).expand_as(x),
}
INPUT_TRUTHS = {
    "inverted": torch.logical_not,
    "all False": torch.zeros_like,
    "all True": torch.ones_like,
    "transposed": lambda x: x.mT,
}
INPUT_NUMBERS = {
    "plus one": lambda x: x + 1,
    "minus one": lambda x: x - 1,
    "doubled": lambda x: 2 * x,
    "halved": lambda x: x // 2 if isinstance(x, int) else x / 2,
    "squared": lambda x: x * x,
    "always one": lambda x: type(x)(1),
}


def in_code(solution, cases) -> Iterator[tuple[str, object]]:
    """Wrong functions, each named."""
    names = list(inspect.signature(solution).parameters)
    yield from _wrong_outputs(solution, tensor_of(solution(*map(_fresh, cases[0]))))
    for place, name in enumerate(names):
        yield from _wrong_inputs(solution, name, place, cases)
    for first, second in combinations(range(len(names)), 2):
        if type(cases[0][first]) is type(cases[0][second]):
            label = f"{names[first]} exchanged with {names[second]}"
            yield label, _exchanged(solution, first, second)
    yield "always the first case's answer", lambda *args: solution(*map(_fresh, cases[0]))
    yield "right for the first case alone", _right_once(solution, cases)
    yield "nothing returned", lambda *args: None
    yield "an error raised", lambda *args: [][0]


def _wrong_outputs(solution, example):
    boolean = example.dtype == torch.bool
    for name, change in (EVERY_OUTPUT | (TRUTHS if boolean else NUMBERS)).items():
        yield f"output {name}", _then(solution, change)
    for axis in range(example.dim()):
        for name, change in (AXES | ({} if boolean else NUMBER_AXES)).items():
            yield f"output {name} along {axis}", _then(solution, change, axis)
    for first, second in combinations(range(example.dim()), 2):
        label = f"output axes {first} and {second} exchanged"
        yield label, _then(solution, Tensor.transpose, first, second)
    if example.dim() > 1:
        yield "output flat", _then(solution, Tensor.flatten)
    for name, index in SINGLES.items():
        yield f"output {name} number off", _then(solution, _one_off, index)


def _wrong_inputs(solution, name, place, cases):
    value = cases[0][place]
    if isinstance(value, Tensor):
        changes = INPUT_TRUTHS if value.dtype == torch.bool else INPUT_TENSORS
        for axis in range(value.dim()):
            yield f"{name} flipped along {axis}", _first(solution, place, Tensor.flip, axis)
            yield f"{name} rolled along {axis}", _first(solution, place, Tensor.roll, 1, axis)
    elif isinstance(value, int | float):
        changes = INPUT_NUMBERS
    else:
        changes = {}
    for label, change in changes.items():
        yield f"{name} {label}", _first(solution, place, change)
    yield f"{name} always the first case's", _first(solution, place, lambda _: _fresh(value))
    if isinstance(value, Tensor | list | set):
        yield f"{name} changed in place", _in_place(solution, place)


def _then(solution, change, *settings):
    return lambda *args: change(tensor_of(solution(*args)), *settings)


def _first(solution, place, change, *settings):
    def wrong(*args):
        return solution(*args[:place], change(args[place], *settings), *args[place + 1 :])

    return wrong


def _exchanged(solution, first, second):
    def wrong(*args):
        args = list(args)
        args[first], args[second] = args[second], args[first]
        return solution(*args)

    return wrong


def _in_place(solution, place):
    def wrong(*args):
        answer = solution(*map(_fresh, args))
        if isinstance(args[place], Tensor):
            args[place].logical_not_() if args[place].dtype == torch.bool else args[place].add_(1)
        else:
            args[place].clear()
        return answer

    return wrong


def _right_once(solution, cases):
    def wrong(*args):
        out = tensor_of(solution(*args))
        pairs = zip(args, cases[0], strict=True)
        right = all(
            torch.equal(now, was) if isinstance(was, Tensor) else now == was for now, was in pairs
        )
        return out if right else _one_off(out, SINGLES["middle"])

    return wrong


def _one_off(out, index):
    out = out.clone()
    spot = index(out)
    out[spot] = ~out[spot] if out.dtype == torch.bool else out[spot] + 1
    return out


def _fresh(value):
    if isinstance(value, Tensor):
        return value.clone()
    return value.copy() if isinstance(value, list | set) else value


def in_words(solution) -> Iterator[tuple[str, object]]:
    """Wrong functions for a solution that cuts a list of words into two."""
    changes = {
        "reversed": lambda words: words[::-1],
        "without the first": lambda words: words[1:],
        "without the last": lambda words: words[:-1],
        "the first twice": lambda words: words[:1] + words,
        "the first everywhere": lambda words: words[:1] * len(words),
        "nothing": lambda words: [],
        "joined": " ".join,
        "none": lambda words: None,
        "rolled": lambda words: words[1:] + words[:1],
    }
    for label, change in changes.items():
        yield f"first {label}", lambda words, c=change: (c(words[:-1]), words[1:])
        yield f"second {label}", lambda words, c=change: (words[:-1], c(words[1:]))
        yield f"both {label}", lambda words, c=change: tuple(map(c, solution(words)))
        yield f"words {label}", lambda words, c=change: solution(c(words))
    yield "exchanged", lambda words: solution(words)[::-1]
    yield "a third", lambda words: (*solution(words), words)
    yield "added up", lambda words: functools.reduce(operator.iadd, solution(words), [])
    yield "a set", lambda words: set(map(tuple, solution(words)))
    yield (
        "the first answer always",
        lambda words: solution(["<bos>", "le", "chat", "dort", "<eos>"]),
    )
    yield "changed in place", lambda words: (words[:-1], [words.pop(1), *words[1:]])
    yield "nothing returned", lambda words: None
    yield "an error raised", lambda words: words[99]


def by_hand(answer) -> Iterator[tuple[str, object]]:
    """Wrong answers to what is worked out by hand, each named."""
    if isinstance(answer, dict):
        for key, value in answer.items():
            for name, wrong in by_hand(value):
                yield f"{key}: {name}", {**answer, key: wrong}
        return
    if isinstance(answer, str):
        wrong_words = (answer[::-1], answer[1:], f"not {answer}", f"{answer} self", "encoder", "")
        yield from {repr(wrong): wrong for wrong in (*wrong_words, 1, 0.5, [], {})}.items()
        return
    numbers = answer if isinstance(answer, list) else [answer]
    for place in range(len(numbers)):
        for name, change in _WRONG_NUMBERS.items():
            wrong = [change(n) if k == place else n for k, n in enumerate(numbers)]
            yield f"number {place} {name}", wrong if isinstance(answer, list) else wrong[0]
    if isinstance(answer, list):
        yield "reversed", answer[::-1]
        yield "rolled", answer[1:] + answer[:1]
        yield "doubled", [2 * n for n in answer]
        yield "negated", [-n for n in answer]
        yield "the mean everywhere", [sum(answer) / len(answer)] * len(answer)
        yield "one less", answer[:-1]
    yield "one more", [*numbers, numbers[-1]]
    yield "nothing in it", []
    yield "a list of nothing", [None]
    yield "a set", set(numbers)
    yield "a function", lambda: answer
    yield "words", "no number"


_WRONG_NUMBERS = {
    "doubled": lambda n: 2 * n,
    "halved": lambda n: n / 2,
    "negated": lambda n: -n,
    "one too large": lambda n: n + 1,
    "one too small": lambda n: n - 1,
    "squared": lambda n: n * n,
    "its root": lambda n: abs(n) ** 0.5,
    "inverted": lambda n: 1 / n if n else 1.0,
    "one minus": lambda n: 1 - n,
    "nan": lambda n: math.nan,
    "infinite": lambda n: math.inf,
    "imaginary": lambda n: 1j * n,
    "a hundred times": lambda n: 100 * n,
    "as zero": lambda n: 0 if n else 7,
}
