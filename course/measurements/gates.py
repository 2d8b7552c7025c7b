"""Chapter 12: what CBAM's gates do after training, from five seeds."""

import torch
from torch import nn

from attnlib.vision import ConvolutionalBlockAttention
from course.data.digits import load
from course.digits.train_digits import digit_loss
from course.measurements.table import Cell, Table
from course.training import Recipe, train

STEPS, SEEDS = 250, 5


def gated(seed: int) -> nn.Sequential:
    """The chapter's small network with CBAM after its first layer."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        ConvolutionalBlockAttention(32, reduction=8, kernel=3),
        nn.Conv2d(32, 56, 3, padding=1),
        nn.BatchNorm2d(56),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(56, 10),
    )


def gates(command: str, seeds: int = SEEDS) -> Table:
    """Place gates on ink and elsewhere, and how channel gates spread, on the held-out digits."""
    columns = ["seed", "on ink", "elsewhere", "lowest", "highest", "by channel", "by picture"]
    title = "CBAM's gates on 510 held-out digits"
    return Table(title, columns, [row(seed) for seed in range(seeds)], command)


def row(seed: int) -> list[Cell]:
    digits, model = load(), gated(seed)
    recipe = Recipe(steps=STEPS, learning_rate=3e-3, seed=seed)
    train(model, digit_loss(model, digits.train, seed), recipe, progress=False)
    model.eval()
    images = digits.test.images
    block = model[3]
    assert isinstance(block, ConvolutionalBlockAttention)
    with torch.no_grad():
        features = model[:3](images)
        channels = block.channel_gates(features)  # (510, 32)
        places = block.place_gates(features * channels[:, :, None, None])
    ink = images > 0
    numbers = (
        places[ink].mean(),
        places[~ink].mean(),
        places.min(),
        places.max(),
        channels.mean(dim=0).std(),
        channels.std(dim=0).mean(),
    )
    return [str(seed), *(round(float(number), 4) for number in numbers)]
