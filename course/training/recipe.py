"""How a model is trained: how many steps, how fast, from which seed."""

import math
from dataclasses import dataclass

from course.training.optimizers import OPTIMIZERS

SEED_STRIDE = 1_000_003  # keeps the seeds of the steps of two runs apart


@dataclass(frozen=True)
class Recipe:
    """How to train: the rate rises over `warmup` steps and falls to 0 as a cosine.

    `clip` is the largest norm of the gradient; a larger one is scaled down to it. `optimizer` is
    "adam" or "muon" (see `course.training.optimizers`). Raises ValueError for what cannot be
    trained: no steps, a rate or a clip that is not positive, a negative warm-up.
    """

    steps: int
    learning_rate: float
    warmup: int = 100
    clip: float = 1.0
    seed: int = 0
    optimizer: str = "adam"

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1, got {self.steps}")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate must be positive and finite, got {self.learning_rate}")
        if self.warmup < 0:
            raise ValueError(f"warmup must not be negative, got {self.warmup}")
        if not self.clip > 0:
            raise ValueError(f"clip must be positive, got {self.clip}")
        if self.optimizer not in OPTIMIZERS:
            known = " or ".join(f'"{name}"' for name in OPTIMIZERS)
            raise ValueError(f"optimizer must be {known}, got {self.optimizer!r}")

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.learning_rate * (1 + math.cos(math.pi * done)) / 2

    def seed_of(self, step: int) -> int:
        """The seed of a step: its dropout, and what its batch draws at random."""
        return self.seed * SEED_STRIDE + step
