"""Chapter 04, softmax and scale: how scores spread, what that does to learning, other weights."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib import Attend
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.normalizers import hard, sigmoid, softmax
from attnlib.normalizers.entmax import entmax15, sparsemax
from course.data.translation import load
from course.measurements.look_up import EVERY, curve
from course.measurements.table import Cell, Table
from course.translation import pretrained
from course.translation.evaluation import exact_match

COMMAND = "python -m course.measurements 4"
SIZES = (4, 16, 64, 256, 512)
DRAWS, KEYS = 4000, 16
TEMPERATURES = (0.25, 0.5, 1.0, 2.0, 4.0)
SEEDS, ENOUGH = range(5), 0.95
STEPS = {"Adam": 400, "Momentum": 300}  # at most
RATES = {"Adam": (0.001, 0.003, 0.01), "Momentum": (0.3, 0.03)}  # the chapter's own first
SENTENCES = 400
WAYS = {
    "softmax": softmax,
    "1.5-entmax": entmax15,
    "sparsemax": sparsemax,
    "hard": hard,
    "sigmoid": sigmoid,
}


def measure() -> list[Table]:
    """The spread of scores, the translator's other weights, the look-up task by two optimizers."""
    learned = [look_up(optimizer, steps) for optimizer, steps in STEPS.items()]
    return [spread(), translator(), *learned, rates()]


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


def look_up(optimizer: str, steps: int) -> Table:
    """When each seed gets 95 % of the held-out games right, and how many after 100 steps."""
    rows = []
    for seed in SEEDS:
        divided, plain = both(seed, optimizer, RATES[optimizer][0], steps)
        at = 100 // EVERY
        rows.append([seed, reached(divided), reached(plain), divided[at], plain[at], plain[-1]])
    columns = [
        "seed", "steps, divided", "steps, not", "at 100, divided", "at 100, not", "last, not"
    ]  # fmt: skip
    title = f"{optimizer}: steps to 95 % right (at most {steps}); shares right"
    return Table(title, columns, rows, COMMAND, percent=True)


def both(seed: int, optimizer: str, rate: float, steps: int) -> list[list[float]]:
    """The shares right of a model that divides by √D and of one that does not."""
    return [
        curve(scale, seed, optimizer=optimizer, rate=rate, steps=steps, enough=ENOUGH)
        for scale in (None, 1.0)
    ]


def rates() -> Table:
    """Steps to 95 % right, the fewest and the most of five seeds, at other learning rates too."""
    rows: list[list[Cell]] = []
    for optimizer, some in RATES.items():
        for rate in some:
            steps = STEPS[optimizer]
            pairs = zip(*(both(seed, optimizer, rate, steps) for seed in SEEDS), strict=True)
            found = [[reached(shares) for shares in column] for column in pairs]
            rows.append([f"{optimizer} at {rate}", *map(spread_of, found)])
    title = "Steps to 95 % right, fewest and most of five seeds"
    return Table(title, ["learning rate", "divided", "not"], rows, COMMAND)


def spread_of(steps: Sequence[Cell]) -> str:
    """The fewest and the most, or "never" where no seed gets there."""
    counts = [step for step in steps if isinstance(step, int)]
    if not counts:
        return "never"
    missed = len(steps) - len(counts)
    return f"{min(counts)} to {max(counts)}" + (f", {missed} never" if missed else "")


def reached(shares: Sequence[float]) -> Cell:
    """The first step with 95 % right, or "never"."""
    first = [EVERY * number for number, share in enumerate(shares) if share >= ENOUGH]
    return first[0] if first else "never"


def translator() -> Table:
    """Exact translations when a model trained with softmax at temperature 1 is given others."""
    model = pretrained.load("translation_transformer")
    attends = {name: one for name, one in model.model.named_modules() if isinstance(one, Attend)}
    layers = [one for one in model.model.modules() if isinstance(one, MultiHeadAttention)]
    some, root = load().test[:: 2000 // SENTENCES], layers[0].head_size ** 0.5

    def exact(**other: Any) -> list[float]:
        """In all attentions, then in those from French to English only."""
        shares = []
        for where in ("", "cross_attention"):
            for path, attend in attends.items():
                attend.scale, attend.normalize = None, softmax
                for name, value in other.items() if where in path else ():
                    setattr(attend, name, value)
            shares.append(exact_match(model, some))
        return shares

    rows: list[list[Cell]] = [
        [f"temperature {temperature}", *exact(scale=1 / (root * temperature))]
        for temperature in TEMPERATURES
    ]
    rows += [[name, *exact(normalize=way)] for name, way in WAYS.items() if name != "softmax"]
    title = f"This translator under other weights: exact, of {len(some)} held-out sentences"
    return Table(title, ["", "everywhere", "French to English"], rows, COMMAND, percent=True)
