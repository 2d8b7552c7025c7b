"""Chapter 06: find the bug in a decoder layer, which looks at its own text and then at another."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def attend(asks: Tensor, answers: Tensor, W: Tensor, hidden: Tensor | None = None) -> Tensor:
    q, k, v = asks @ W[0], answers @ W[1], answers @ W[2]
    scores = q @ k.T / k.shape[-1] ** 0.5
    if hidden is not None:
        scores = scores.masked_fill(hidden, -torch.inf)
    return scores.softmax(dim=-1) @ v


def decoder_layer(x: Tensor, memory: Tensor, own: Tensor, across: Tensor) -> Tensor:
    x = x + attend(x, x, own, _future(x, x))
    return x + attend(x, memory, across)


def _future(x: Tensor, other: Tensor) -> Tensor:
    return torch.ones(len(x), len(other), dtype=torch.bool).triu(1)


def _own(x: Tensor, own: Tensor) -> Tensor:
    return x + attend(x, x, own, _future(x, x))


def _as_given(x: Tensor, memory: Tensor, own: Tensor, across: Tensor) -> Tensor:
    x = _own(x, own)
    return x + attend(x, x, across)


def _keys_from_itself(x: Tensor, memory: Tensor, own: Tensor, across: Tensor) -> Tensor:
    x = _own(x, own)
    mixed = torch.cat((x, memory))[: len(memory)]
    scores = x @ across[0] @ (mixed @ across[1]).T / x.shape[-1] ** 0.5
    return x + scores.softmax(dim=-1) @ (memory @ across[2])


def _two_languages(draw: Draw) -> Sequence[Inputs]:
    sizes = (3, 5, 4), (4, 2, 3), (2, 2, 4), (1, 3, 2)
    return [
        (draw.normal(t, e), draw.normal(s, e), *(draw.normal(2, 3, e, e) / e**0.5).unbind())
        for t, s, e in sizes
    ]


DECODER_LAYER = in_code(
    decoder_layer,
    _two_languages,
    known={
        "this is still the code as given. Change `memory`: does the output change?": _as_given,
        "a causal mask across hides the end of English, which was there from the start.": (
            lambda x, memory, own, across: (
                _own(x, own) + attend(_own(x, own), memory, across, _future(x, memory))
            )
        ),
        "the future is no longer hidden in the layer's own attention.": (
            lambda x, memory, own, across: (
                x + attend(x, x, own) + attend(x + attend(x, x, own), memory, across)
            )
        ),
        "cross-attention asks with the x from before self-attention: hand it the new one.": (
            lambda x, memory, own, across: _own(x, own) + attend(x, memory, across)
        ),
        "cross-attention's output replaces x: add it.": lambda x, memory, own, across: attend(
            _own(x, own), memory, across
        ),
        "self-attention got lost: x looks at itself first.": lambda x, memory, own, across: (
            x + attend(x, memory, across)
        ),
        "self-attention looks at memory as well: its keys and values come from x.": (
            lambda x, memory, own, across: (
                x + attend(x, memory, own) + attend(x + attend(x, memory, own), memory, across)
            )
        ),
        "`own` and `across` are exchanged.": lambda x, memory, own, across: decoder_layer(
            x, memory, across, own
        ),
    },
    shape="a row per row of x, as wide as x",
    axes=("word", "number"),
    advice="not this: in the second line x asks, and memory gives keys and values.",
    also={
        "and memory gives keys and values": _keys_from_itself,
    },
    praise="No shape complained, and training would have run: a model of French, deaf to English.",
)
