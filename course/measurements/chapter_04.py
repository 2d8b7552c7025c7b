"""Chapter 04, softmax and scale: how scores spread, how softmax answers, and other weights."""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib import Attend
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.normalizers import hard, sigmoid, softmax
from attnlib.normalizers.entmax import entmax15, sparsemax
from course.data.translation import load
from course.measurements.table import Table
from course.translation import pretrained
from course.translation.evaluation import exact_match

COMMAND = "python -m course.measurements 4"
SIZES = (4, 16, 64, 256, 512)
DRAWS, KEYS = 4000, 16
TEMPERATURES = (0.25, 0.5, 1.0, 2.0, 4.0)
WAYS = {
    "softmax": softmax,
    "1.5-entmax": entmax15,
    "sparsemax": sparsemax,
    "hard": hard,
    "sigmoid": sigmoid,
}


def measure() -> list[Table]:
    """The spread of random scores, and the translator at other temperatures and normalizers."""
    return [spread(), translator()]


def spread() -> Table:
    """Variance of q·k, and the size of softmax's Jacobian, for numbers drawn from N(0, 1)."""
    generator = torch.Generator().manual_seed(0)
    rows = []
    for size in SIZES:
        query = torch.randn(DRAWS, 1, size, generator=generator, dtype=torch.float64)
        key = torch.randn(DRAWS, KEYS, size, generator=generator, dtype=torch.float64)
        scores = (query * key).sum(dim=-1)
        scaled = scores / size**0.5
        rows.append([size, *map(float, (scores.var(), jacobian(scores), jacobian(scaled)))])
    columns = ["D", "variance of q·k", "Jacobian of softmax(q·k)", "of softmax(q·k/√D)"]
    return Table(f"{KEYS} random keys, {DRAWS} draws", columns, rows, COMMAND, digits=3)


def jacobian(scores: Float[Tensor, "N Tk"]) -> Float[Tensor, ""]:
    """The mean of √ΣJ², with J = diag(w) − w·wᵀ."""
    weights = scores.softmax(dim=-1)
    entries = weights.diag_embed() - weights[:, :, None] * weights[:, None]
    return entries.square().sum(dim=(1, 2)).sqrt().mean()


def translator() -> Table:
    """Exact translations when a model trained with softmax at temperature 1 is given others."""
    model = pretrained.load("translation_transformer")
    attends = [one for one in model.model.modules() if isinstance(one, Attend)]
    some = load().test[::10]
    layers = [one for one in model.model.modules() if isinstance(one, MultiHeadAttention)]
    root = layers[0].head_size ** 0.5
    rows: list[list[str | float]] = []
    for temperature in TEMPERATURES:
        for attend in attends:
            attend.scale = 1 / (root * temperature)
        rows.append([f"temperature {temperature}", exact_match(model, some)])
    for attend in attends:
        attend.scale = None
    for name, way in WAYS.items():
        for attend in attends:
            attend.normalize = way
        rows.append([name, exact_match(model, some)])
    title = f"The trained translator under other weights, {len(some)} test sentences"
    return Table(title, ["in all attentions", "exact"], rows, COMMAND, percent=True)
