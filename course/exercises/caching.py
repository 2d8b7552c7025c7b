"""Chapter 15: what a ring buffer shows to a chunk, and what 8 bits keep; both from nothing."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def seen(ring: Tensor, length: int, chunk: Tensor) -> Tensor:
    width = len(ring)
    first = max(0, length - width + 1)
    places = torch.arange(first, length) % width
    return torch.cat((ring[places], chunk))


def _written(ring: Tensor, length: int, chunk: Tensor) -> Tensor:
    ring = ring.clone()
    for place, state in enumerate(chunk, start=length):
        ring[place % len(ring)] = state
    return ring


def _after_writing(ring: Tensor, length: int, chunk: Tensor) -> Tensor:
    """What is found when the chunk was written before its first token has looked."""
    end = length + len(chunk)
    places = torch.arange(max(0, end - len(ring)), end) % len(ring)
    return _written(ring, length, chunk)[places]


def _chunks(draw: Draw) -> Sequence[Inputs]:
    """Rings that are empty, filling, just full, full for long; chunks short and long."""
    cases = (4, 9, 2, 3), (4, 0, 3, 2), (5, 2, 1, 3), (3, 3, 5, 2), (4, 14, 1, 2), (6, 5, 2, 4)
    return [
        (draw.normal(width, size), length, draw.normal(tokens, size))
        for width, length, tokens, size in cases
    ]


SEEN = in_code(
    seen,
    _chunks,
    known={
        "the rows come in the order of the ring; after token p stands token p + 1: take rows "
        "torch.arange(first, length) % W.": lambda ring, length, chunk: torch.cat(
            (
                ring[(torch.arange(max(0, length - len(ring) + 1), length) % len(ring)).sort()[0]],
                chunk,
            )
        ),
        "that is the whole ring, in the order of its rows: also the token that has left the "
        "window, and rows never written.": (lambda ring, length, chunk: torch.cat((ring, chunk))),
        "one too many: a window of W counts the token itself, so W − 1 come before it.": (
            lambda ring, length, chunk: torch.cat(
                (
                    ring[torch.arange(max(0, length - len(ring)), length) % len(ring)],
                    chunk,
                )
            )
        ),
        "this is the ring after the chunk was written: keys that its first token still needs are "
        "gone. Read first.": _after_writing,
        "only the chunk: what stands in the ring is missing.": (
            lambda ring, length, chunk: chunk.clone()
        ),
        "the newest comes last: first what is in the ring, then the chunk.": (
            lambda ring, length, chunk: torch.cat((chunk, seen(ring, length, chunk[:0])))
        ),
    },
    shape="a row per token seen: those in the ring, then the chunk's",
    axes=("row", "number"),
    advice="not this. From token max(0, length − W + 1) to length − 1, each in row p % W.",
    also={
        "each in row p % W": lambda ring, length, chunk: seen(-ring, length, chunk),
    },
    praise="What the first token of the chunk needs is read before the ring is written.",
)


def quantized(states: Tensor) -> Tensor:
    scale = states.abs().amax(dim=1, keepdim=True) / 127
    numbers = torch.where(scale > 0, states / scale, 0).round()
    return numbers * scale


def _by(states: Tensor, scale: Tensor) -> Tensor:
    return torch.where(scale > 0, states / scale, 0).round() * scale


def _tokens(draw: Draw) -> Sequence[Inputs]:
    """Tokens of unlike sizes, a channel that is large, a token of zeros."""
    sizes = (4, 3), (3, 5), (1, 4), (5, 2)
    cases = [10 ** draw.normal(rows, 1) * draw.normal(rows, size) for rows, size in sizes]
    cases[1][:, 2] *= 30
    cases[3][1] = 0
    return [(case,) for case in cases]


QUANTIZED = in_code(
    quantized,
    _tokens,
    known={
        "a token of zeros gives 0/0, which is no number: where the scale is 0, so is the token.": (
            lambda x: (x / (x.abs().amax(1, True) / 127)).round() * (x.abs().amax(1, True) / 127)
        ),
        "one scale for all tokens: a large token makes the small ones coarse.": (
            lambda x: _by(x, x.abs().amax() / 127)
        ),
        "a scale per channel; each token, a row, has one of its own.": (
            lambda x: _by(x, x.abs().amax(0, True) / 127)
        ),
        "these are the whole numbers that are kept; times the scale they come back.": (
            lambda x: torch.where(x == 0, 0, 127 * x / x.abs().amax(1, True)).round()
        ),
        "nothing is rounded, so nothing is saved.": lambda x: x.clone(),
        "the fractions are cut off, so that errors are up to a whole scale: round.": (
            lambda x: (
                torch.where(x == 0, 0, 127 * x / x.abs().amax(1, True)).trunc()
                * (x.abs().amax(1, True) / 127)
            )
        ),
        "the scale is the largest number without its sign: a token of negative numbers has one "
        "too.": lambda x: _by(x, x.amax(1, True) / 127),
        "the largest number should become 127, so that 8 bits with a sign hold it.": (
            lambda x: _by(x, x.abs().amax(1, True) / 255)
        ),
    },
    shape="as the states themselves",
    axes=("token", "number"),
    advice="not this: divide each token by max|x| / 127, round, and multiply again.",
    also={
        "round, and multiply again": lambda x: quantized(2 * x),
    },
    praise="No number is off by more than max|x| / 254 of its token.",
)
