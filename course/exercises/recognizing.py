"""Chapter 01: a digit by its likeness to others, from code with a bug."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def recognized(
    query: Float[Tensor, "Tq D"],
    keys: Float[Tensor, "Tk D"],
    values: Float[Tensor, "Tk V"],
    width: float,
) -> Float[Tensor, "Tq V"]:
    squares = (query[:, None] - keys[None, :]) ** 2
    fits = torch.exp(-squares.sum(dim=-1) / (2 * width**2))
    weights = fits / fits.sum(dim=-1, keepdim=True)
    return weights @ values


def _by_fits(
    fits: Callable[[Tensor, float], Tensor],
) -> Callable[[Tensor, Tensor, Tensor, float], Tensor]:
    """The exercise with other fits: `fits(squares, width)`, of squares (Tq, Tk, D)."""

    def recognize(query: Tensor, keys: Tensor, values: Tensor, width: float) -> Tensor:
        fit = fits((query[:, None] - keys[None, :]) ** 2, width)
        return fit / fit.sum(dim=-1, keepdim=True) @ values

    return recognize


def _pictures(draw: Draw) -> Sequence[Inputs]:
    sizes = (3, 5, 4, 2, 1.0), (4, 2, 3, 3, 0.7), (2, 6, 5, 4, 1.5)
    return [
        (draw.uniform(q, d), draw.uniform(k, d), draw.normal(k, v), width)
        for q, k, d, v, width in sizes
    ]


RECOGNIZED = in_code(
    recognized,
    _pictures,
    known={
        "this is still the code as given. Follow the axis of D pixels: what has been done to each "
        "of them by the time they are added up?": _by_fits(
            lambda squares, width: torch.exp(-squares / (2 * width**2)).sum(dim=-1)
        ),
        "that is the mean over the pixels: a picture's distance is their sum.": _by_fits(
            lambda squares, width: torch.exp(-squares.mean(dim=-1) / (2 * width**2))
        ),
        "you took the root: the bell curve wants the squared distance.": _by_fits(
            lambda squares, width: torch.exp(-squares.sum(dim=-1).sqrt() / (2 * width**2))
        ),
        "far pictures get the most: the exponent needs its minus sign.": _by_fits(
            lambda squares, width: torch.exp(squares.sum(dim=-1) / (2 * width**2))
        ),
        "one pixel alone decides, the worst one: sum, not max.": _by_fits(
            lambda squares, width: torch.exp(-squares.amax(dim=-1) / (2 * width**2))
        ),
        "the width has gone: divide by 2 * width**2 inside the exponential.": _by_fits(
            lambda squares, width: torch.exp(-squares.sum(dim=-1) / 2)
        ),
    },
    shape="a row of V numbers per query",
    axes=("query", "number"),
    advice="not these. Leave the other lines as they are, and look at the one with exp.",
    also={
        "a row of V numbers": lambda query, keys, values, width: query,
        "the one with exp": lambda query, keys, values, width: (
            2 * recognized(query, keys, values, width)
        ),
    },
    praise="exp(a) + exp(b) is not exp(a + b): a sum has to be taken on the right side of exp.",
)
