"""Handwritten digits of 8 × 8 pixels, from forms not seen: --model vit"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from course.checkpoints import read, write
from course.data.digits import Digits, Pictures, load, shifted
from course.digits.networks import KINDS, untrained
from course.training import Recipe, train
from course.training.loop import SEED_STRIDE
from course.training.tasks import account, add_run_arguments

STEPS = 1200
BATCH_SIZE = 32
LEARNING_RATE = 3e-3

View = Callable[[Float[Tensor, "N 1 8 8"]], Float[Tensor, "N 1 8 8"]]


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--model", choices=KINDS, default="vit")
    parser.add_argument("--steps", type=int, default=STEPS)
    add_run_arguments(parser, resume=False)


def run(chosen: Namespace) -> None:
    """Train, save `digits_<model>`, and say what the saved model can do."""
    digits = load()
    recipe = recipe_of(steps=chosen.steps, seed=chosen.seed)
    model = train_digits(chosen.model, digits, recipe)
    name = f"digits_{chosen.model.replace('-', '_')}"
    details = {"kind": chosen.model} | account(model, recipe, batch_size=BATCH_SIZE)
    write(name, model, details, chosen.out)
    saved = read(name, untrained(chosen.model), chosen.out)  # rounded to 16 bits: measure that
    metrics = {"valid": accuracy(saved, digits.valid), "test": accuracy(saved, digits.test)}
    write(name, saved, details | {"metrics": metrics}, chosen.out)
    print(f"saved {name} in {chosen.out}: right on {metrics['test']:.1%} of unseen forms")


def recipe_of(*, steps: int = STEPS, seed: int = 0) -> Recipe:
    """The same for every kind of model."""
    return Recipe(steps=steps, learning_rate=LEARNING_RATE, seed=seed)


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
