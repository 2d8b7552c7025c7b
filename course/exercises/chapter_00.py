"""Chapter 00, PyTorch in twenty lines: the exercises and what can go wrong in them."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def distances(a: Float[Tensor, " N"], b: Float[Tensor, " M"]) -> Float[Tensor, "N M"]:
    return (a[:, None] - b[None, :]).abs()


DISTANCES = in_code(
    distances,
    lambda draw: [
        (draw.normal(n), draw.normal(m)) for n, m in ((3, 4), (5, 2), (2, 2), (1, 3), (4, 1))
    ],
    known={
        "a row per number of a: yours has one per number of b. Give a the new axis at the end.": (
            lambda a, b: (b[:, None] - a).abs()
        ),
        "distances have no sign: take .abs() of the differences.": lambda a, b: a[:, None] - b,
        "that is the distance squared: .abs() keeps it as it is.": (
            lambda a, b: (a[:, None] - b) ** 2
        ),
        "these are products. A distance is a difference.": lambda a, b: a[:, None] * b,
        "these are sums. A distance is a difference.": lambda a, b: (a[:, None] + b).abs(),
    },
    shape="a row per number of a, a column per number of b",
    advice="not these. Make a a column and b a row, subtract, and drop the sign.",
    also={
        "a row per number of a": lambda a, b: (a[None, :, None] - b).abs(),
        "your code stopped": lambda a, b: (a[None, None] - b[:, None, None] @ a).abs(),
        "drop the sign": lambda a, b: (a[:, None] - b).abs() + 1,
    },
    praise="Chapter 01 compares a query with every key by just such a table.",
)


def mix(scores: Float[Tensor, "H Tq Tk"], value: Float[Tensor, "H Tk D"]) -> Tensor:
    weights = scores.softmax(dim=-1)
    return weights @ value


def _mixed(weigh: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda scores, value: weigh(scores) @ value


def _mixtures(draw: Draw) -> Sequence[Inputs]:
    sizes = (2, 3, 4, 5), (3, 2, 2, 3), (1, 4, 3, 2), (4, 3, 3, 1)
    return [(draw.normal(h, q, k), draw.normal(h, k, d)) for h, q, k, d in sizes]


MIX = in_code(
    mix,
    _mixtures,
    known={
        "softmax ran along dim=0, over the heads. The keys stand on the last axis: dim=-1.": (
            _mixed(lambda scores: scores.softmax(dim=0))
        ),
        "softmax ran along dim=1, over the queries: each column sums to 1. Rows must: dim=-1.": (
            _mixed(lambda scores: scores.softmax(dim=1))
        ),
        "one softmax for all: each row must sum to 1, dim=-1.": (
            _mixed(lambda scores: scores.flatten().softmax(0).view_as(scores))
        ),
        "there is no softmax: the scores themselves were used as weights.": _mixed(lambda s: s),
        "the exponentials are not divided by their sum: rows of weights sum to 1.": (
            _mixed(lambda scores: scores.exp())
        ),
        "each weight was computed by itself, with a sigmoid: the weights of a row must sum to 1.": (
            _mixed(lambda scores: scores.sigmoid())
        ),
        "softmax was applied twice.": _mixed(lambda s: s.softmax(-1).softmax(-1)),
        "that is logarithms of weights: softmax, not log_softmax.": (
            _mixed(lambda scores: scores.log_softmax(dim=-1))
        ),
        "these are the weights. Multiply them with value, by @.": (
            lambda scores, value: scores.softmax(dim=-1)
        ),
    },
    shape="for every head a row per query, as long as a value",
    axes=("head", "query", "number"),
    advice="not these. First softmax along the keys, then one @ with value.",
    also={
        "your code stopped": lambda scores, value: scores.softmax(-1) @ value.mT.mT.flatten(),
        "for every head a row": lambda scores, value: (scores.softmax(-1) @ value)[None],
        "First softmax along": lambda scores, value: scores.softmax(-1) @ value / 2,
    },
    praise="These two lines are the second half of attention. The scores come in chapter 03.",
)


def fitted_slope(x: Float[Tensor, " N"], y: Float[Tensor, " N"], steps: int) -> Float[Tensor, ""]:
    slope = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.SGD([slope], lr=0.1)
    for _ in range(steps):
        loss = ((slope * x - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return slope.detach()


def _steps(
    x: Tensor, y: Tensor, steps: int, change: Callable[[Tensor, list[Tensor]], Tensor]
) -> Tensor:
    """Steps by another rule: `change(slope, gradients so far)` is the next slope."""
    slope, gradients = torch.zeros(()), []
    for _ in range(steps):
        gradients.append((2 * (slope * x - y) * x).mean())
        slope = change(slope, gradients)
    return slope


def _as_given(x: Tensor, y: Tensor, steps: int) -> Tensor:
    return _steps(x, y, steps, lambda slope, grads: slope - 0.1 * torch.stack(grads).sum())


def _never_moves(x: Tensor, y: Tensor, steps: int) -> Tensor:
    return torch.zeros(())


def _uphill(x: Tensor, y: Tensor, steps: int) -> Tensor:
    return _steps(x, y, steps, lambda slope, grads: slope + 0.1 * grads[-1])


def _a_step_late(x: Tensor, y: Tensor, steps: int) -> Tensor:
    return fitted_slope(x, y, steps - 1)


def _summed(x: Tensor, y: Tensor, steps: int) -> Tensor:
    return _steps(x, y, steps, lambda slope, grads: slope - 0.1 * len(x) * grads[-1])


def _other_rate(x: Tensor, y: Tensor, steps: int) -> Tensor:
    return _steps(x, y, steps, lambda slope, grads: slope - 0.01 * grads[-1])


def _exact(x: Tensor, y: Tensor, steps: int) -> Tensor:
    return (x * y).sum() / (x * x).sum()


def _lines(draw: Draw) -> Sequence[Inputs]:
    return [(draw.normal(n), draw.normal(n), steps) for n, steps in ((4, 5), (6, 3), (3, 7))]


FITTED_SLOPE = in_code(
    fitted_slope,
    _lines,
    known={
        "this is still the code as given. Print slope.grad after each loss.backward(): does it "
        "belong to this step alone?": _as_given,
        "the slope never moves. Was the gradient set to 0 between backward and step?": (
            _never_moves
        ),
        "it goes uphill: the gradient is to be subtracted.": _uphill,
        "one step is missing: step comes after backward.": _a_step_late,
        "the loss is the sum here; the code as given takes the mean.": _summed,
        "the learning rate is another one; leave it at 0.1.": _other_rate,
        "that is the exact answer, without any steps. Keep the loop and mend it.": _exact,
    },
    shape="one number",
    axes=(),
    advice="not this. Leave the loop as it is, and add the one line that is missing.",
    also={
        "one number": lambda x, y, steps: fitted_slope(x, y, steps)[None],
        "add the one line": lambda x, y, steps: fitted_slope(x, y, steps) + 0.5,
    },
    praise="Without that line a network still learns a little, which is why the bug lives long.",
)
