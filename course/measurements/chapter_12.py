"""Chapter 12, vision: classifiers on digits of unseen forms, and what blanking patches does."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from attnlib import record_attention
from attnlib.models.vit import cut
from attnlib.vision import tiles
from course.data.digits import Digits, Pictures, load, load_mixed
from course.digits.networks import PATCH, SIDE, blank, untrained
from course.digits.train_digits import TASK, accuracy, train_digits
from course.measurements.gates import gates
from course.measurements.table import Cell, Table

COMMAND = "python -m course.measurements 12"
SEEDS = 5
RUNS = {  # name: kind, whether the patches are shuffled, whether writers are mixed
    "ViT": ("vit", False, False),
    "Swin": ("swin", False, False),
    "CNN": ("cnn", False, False),
    "CNN + SE": ("cnn-se", False, False),
    "ViT, no positions": ("vit-no-positions", False, False),
    "ViT, patches shuffled": ("vit", True, False),
    "CNN, patches shuffled": ("cnn", True, False),
    "ViT, writers mixed": ("vit", False, True),
    "CNN, writers mixed": ("cnn", False, True),
}
PATCHES = (SIDE // PATCH) ** 2
BLANKED = (0, 1, 2, 3, 4)


def measure() -> list[Table]:
    """Accuracy on the test part of five seeds, with patches blanked, and CBAM's gates."""
    apart, mixed = load(), load_mixed()
    rows: list[list[Cell]] = []
    readers: list[nn.Module] = []
    bar = tqdm(total=len(RUNS) * SEEDS)
    for name, (kind, shuffle, mix) in RUNS.items():
        digits = mixed if mix else apart
        view = shuffled if shuffle else None
        right = []
        for seed in range(SEEDS):
            model = train_digits(
                kind, digits, TASK.recipe(kind, seed=seed), view=view, progress=False
            )
            right.append(accuracy(model, digits.test, view))
            if name == "ViT":
                readers.append(model)
            bar.update()
        parameters = sum(
            part.numel() for part in untrained(kind).parameters() if part.requires_grad
        )
        rows.append([name, parameters, sum(right) / SEEDS, min(right), max(right)])
    columns = ["model", "parameters", "mean", "lowest", "highest"]
    return [
        Table("Held-out digits read, five seeds", columns, rows, COMMAND, percent=True),
        blanking(readers, apart),
        gates(COMMAND),
    ]


def shuffled(images: Float[Tensor, "B 1 8 8"]) -> Float[Tensor, "B 1 8 8"]:
    """The patches of every picture in another order, the same for all."""
    order = torch.randperm(PATCHES, generator=torch.Generator().manual_seed(0))
    return tiles.join(tiles.cut(images, PATCH)[:, order], SIDE, SIDE)


def blanking(readers: list[nn.Module], digits: Digits) -> Table:
    """Accuracy after the first few patches of an order are blanked, the mean of the ViTs."""
    orders = [patch_orders(model, digits.test, seed) for seed, model in enumerate(readers)]
    rows: list[list[Cell]] = []
    for name in orders[0]:
        right: list[Cell] = [
            sum(
                accuracy(model, blanked(digits.test, order[name][:, :count]))
                for model, order in zip(readers, orders, strict=True)
            )
            / len(readers)
            for count in BLANKED
        ]
        rows.append([name, *right])
    columns = ["patches blanked", *map(str, BLANKED)]
    return Table("ViT with patches blanked, five seeds", columns, rows, COMMAND, percent=True)


def blanked(pictures: Pictures, places: Int[Tensor, "N K"]) -> Pictures:
    """The same pictures without the patches at `places`, counted row after row."""
    return Pictures(blank(pictures.images, places), pictures.labels)


@torch.no_grad()
def patch_orders(
    model: nn.Module, pictures: Pictures, seed: int = 0
) -> dict[str, Int[Tensor, "N 16"]]:
    """Each picture's patches in the order in which to blank them, by several measures."""
    with record_attention(model) as maps:
        model(pictures.images)
    ink = cut(pictures.images, PATCH).sum(dim=2)
    chance = torch.rand(ink.shape, generator=torch.Generator().manual_seed(seed))
    measures = {
        "most looked at, layer 2": maps["layers.2.self_attention"].weights[:, :, 0, 1:].mean(dim=1),
        "most looked at, layer 0": maps["layers.0.self_attention"].weights[:, :, 0, 1:].mean(dim=1),
        "at random": chance,
        "at random, with ink": chance + (ink > 0),
        "most ink": ink,
    }
    return {name: value.argsort(dim=1, descending=True) for name, value in measures.items()}
