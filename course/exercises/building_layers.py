"""Exercises that ask for a whole layer, and for a training in which it learns to look names up."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from course.exercises.exercise import Exercise
from course.exercises.looking_up import (
    FaultOfTraining,
    Layer,
    LookUp,
    draw_games,
    of_learning,
)

SIZE = 16


def build_and_train(
    kind: Callable[[int], nn.Module],
    train: Callable[[], LookUp],
    fault: FaultOfTraining,
    *,
    praise: str,
) -> Exercise:
    """The exercise whose solution is `train`, which trains a layer of this kind.

    Its mistakes are those that `fault` knows, and what can go wrong in any such training.
    """
    first = next(iter(fault.parts))
    named = fault.parts[first].__name__

    def untrained() -> LookUp:
        torch.manual_seed(0)
        return LookUp(kind(SIZE))

    def hardly_trained() -> LookUp:
        model = untrained()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in count():
            if step % 5 == 0 and "was not trained" not in (of_learning(model) or ""):
                break
            names, digits, asked, answers = draw_games(128, seed=step)
            optimizer.zero_grad()
            F.cross_entropy(model(names, digits, asked), answers).backward()
            optimizer.step()
        return model

    def untrained_with(mistake: Callable[..., Any]) -> Callable[[], LookUp]:
        return lambda: LookUp(mistaken(kind(SIZE), mistake))

    return Exercise(
        find_fault=fault,
        solution=train,
        mistakes={hint: untrained_with(mistake) for hint, mistake in fault.known.items()}
        | {
            "it was not trained": untrained,
            "train for more steps": hardly_trained,
            f"your layer has no nn.{named} called `{first}`": lambda: LookUp(nn.Identity()),
            "returns nothing yet: replace the dots": lambda: ...,
            f"return the LookUp that you trained; got {kind.__name__}": lambda: kind(SIZE),
            "the numbers are not": untrained_with(
                lambda layer, asking, told: fault.right(layer, -asking, told) + 1
            ),
            "one output per query": untrained_with(lambda layer, asking, told: told[:, :1]),
            "the layer gives no tensor": untrained_with(lambda layer, asking, told: None),
            "your layer stopped with RuntimeError": untrained_with(
                lambda layer, asking, told: asking @ told
            ),
        },
        praise=praise,
    )


def mistaken(layer: Layer, mistake: Callable[..., Any]) -> Layer:
    """The layer with all its parameters, and this mistake in what it gives."""
    layer.forward = partial(mistake, layer)
    return layer
