"""Handwritten digits of 8 × 8 pixels, from forms not seen: --model vit"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from course.data.digits import Digits, Pictures, load, shifted
from course.digits.networks import KINDS, untrained
from course.training import Job, Recipe, Task, train
from course.training.recipe import SEED_STRIDE

RECIPE = Recipe(steps=1200, learning_rate=3e-3)  # the same for every kind of model
BATCH_SIZE = 32

View = Callable[[Float[Tensor, "N 1 8 8"]], Float[Tensor, "N 1 8 8"]]


def prepare(kind: str, recipe: Recipe, digits: Digits | None = None) -> Job:
    """The checkpoint `digits_<kind>`. Raises ValueError for an unknown kind."""
    digits = load() if digits is None else digits
    model = untrained(kind, seed=recipe.seed)
    return Job(
        name=f"digits_{kind.replace('-', '_')}",
        model=model,
        recipe=recipe,
        loss=digit_loss(model, digits.train, recipe.seed),
        batch={"batch_size": BATCH_SIZE},
        details={"kind": kind},
        validate=lambda: f"right on {accuracy(model, digits.valid):.1%} of the validation forms",
        measure=lambda: {
            "valid": accuracy(model, digits.valid),
            "test": accuracy(model, digits.test),
        },
    )


def train_digits(
    kind: str,
    digits: Digits,
    recipe: Recipe,
    *,
    view: View | None = None,
    progress: bool = True,
) -> nn.Module:
    """A model of `kind`, trained on pictures moved by up to a pixel, seen through `view`."""
    model = untrained(kind, seed=recipe.seed)
    train(model, digit_loss(model, digits.train, recipe.seed, view), recipe, progress=progress)
    return model


def digit_loss(
    model: nn.Module, pictures: Pictures, seed: int = 0, view: View | None = None
) -> Callable[[int], Float[Tensor, ""]]:
    """`loss(step)`: the cross-entropy of a batch, the same for the same seed and step."""

    def loss(step: int) -> Float[Tensor, ""]:
        source = torch.Generator().manual_seed(seed * SEED_STRIDE + step)
        which = torch.randperm(len(pictures.labels), generator=source)[:BATCH_SIZE]
        images = shifted(pictures.images[which], source)
        images = images if view is None else view(images)
        return F.cross_entropy(model(images), pictures.labels[which])

    return loss


@torch.no_grad()
def accuracy(model: nn.Module, pictures: Pictures, view: View | None = None) -> float:
    """The share of pictures whose digit gets the largest logit."""
    images = pictures.images if view is None else view(pictures.images)
    said = model(images).argmax(dim=1)
    return (said == pictures.labels).double().mean().item()


TASK = Task("model", dict.fromkeys(KINDS, RECIPE), prepare)
