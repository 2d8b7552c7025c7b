"""What the training tasks share: their options, and the way from a recipe to a checkpoint.

A subject's file says in a `TASK` what may be trained, by which recipes, and prepares a `Job`: the
model, its loss, and what its json shall say. All else stands here.
"""

import math
import platform
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from course import checkpoints
from course.checkpoints import CHECKPOINTS
from course.training.loop import train
from course.training.recipe import Recipe
from course.training.state import Saving


@dataclass(frozen=True)
class Job:
    """One model ready to be trained.

    - `name`: of its checkpoint. `loss(step)`: of that step's batch, of so many `batch` sentences or
      pictures, as the json says beside the recipe.
    - `details`: what else the json says, read when training is over.
    - `validate`: a line about held-out data, `validations` times. `measure`: what the json says
      under "metrics" of the weights as they are stored.
    """

    name: str
    model: nn.Module
    recipe: Recipe
    loss: Callable[[int], Tensor]
    batch: Mapping[str, Any]
    details: Mapping[str, Any]
    validate: Callable[[], str] | None = None
    validations: int = 5
    measure: Callable[[], dict[str, Any]] | None = None

    @property
    def validate_every(self) -> int:
        """After how many steps."""
        return max(1, self.recipe.steps // self.validations)

    def told(self) -> dict[str, Any]:
        """What the json says: details, parameters, recipe, versions."""
        return dict(self.details) | {
            "parameters": sum(parameter.numel() for parameter in self.model.parameters()),
            "recipe": asdict(self.recipe) | dict(self.batch),
            "versions": {"torch": torch.__version__, "python": platform.python_version()},
        }


def fit(
    job: Job,
    *,
    folder: Path = CHECKPOINTS,
    resume: bool = False,
    force: bool = False,
    progress: bool = True,
) -> None:
    """Train the job's model and write its checkpoint; the model then has the stored weights.

    Raises ValueError, before anything is trained, when the folder has a checkpoint of that name
    and `force` does not say to replace it.
    """
    if not force and job.name in checkpoints.names(folder=folder):
        raise ValueError(
            f"{job.name} is in {folder} already: --force replaces it, --out takes another folder"
        )
    train(
        job.model,
        job.loss,
        job.recipe,
        validate=job.validate,
        validate_every=job.validate_every,
        saving=Saving(folder / "unfinished" / job.name, resume=resume),
        progress=progress,
    )
    checkpoints.round_weights(job.model)  # so that what is measured is what is stored
    metrics = {} if job.measure is None else {"metrics": job.measure()}
    checkpoints.write(job.name, job.model, job.told() | metrics, folder)


class Command(Protocol):
    """What `python -m course.training` asks of each entry of its table."""

    def add_arguments(self, parser: ArgumentParser) -> None: ...

    def run(self, chosen: Namespace) -> None: ...


@dataclass(frozen=True)
class Task:
    """Models that are trained alike: --`option` chooses one.

    - `recipes`: each choice's own, that of its checkpoint. `prepare(choice, recipe)` gives its job.
    - `steps_per_minute`: of a quiet processor, where steps may be given by --minutes: so the same
      minutes give the same model everywhere.
    - `resumes`: whether a run can go on, all it needs being in its state.
    """

    option: str
    recipes: Mapping[str, Recipe]
    prepare: Callable[[str, Recipe], Job]
    steps_per_minute: Mapping[str, int] = field(default_factory=dict)
    resumes: bool = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(f"--{self.option}", dest="choice", choices=self.recipes, required=True)
        parser.add_argument("--steps", type=int, help="by default those of the checkpoint")
        if self.steps_per_minute:
            parser.add_argument("--minutes", type=float, help="the steps of so many minutes")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--out", type=Path, default=CHECKPOINTS, help="folder")
        parser.add_argument("--force", action="store_true", help="replace a checkpoint")
        if self.resumes:
            resume_help = "go on where the last run stopped"
            parser.add_argument("--resume", action="store_true", help=resume_help)

    def run(self, chosen: Namespace) -> None:
        job = self.prepare(chosen.choice, self.asked(chosen))
        resume = self.resumes and chosen.resume
        fit(job, folder=chosen.out, resume=resume, force=chosen.force)
        print(f"saved {job.name} in {chosen.out}")

    def asked(self, chosen: Namespace) -> Recipe:
        """The recipe of what the command line chose: its own, unless that says otherwise."""
        steps, minutes = chosen.steps, getattr(chosen, "minutes", None)
        if steps is not None and minutes is not None:
            raise ValueError("give --steps or --minutes, not both")
        if minutes is not None:
            steps = steps_in(minutes, self.steps_per_minute[chosen.choice])
        return self.recipe(chosen.choice, steps=steps, seed=chosen.seed)

    def recipe(self, choice: str, *, steps: int | None = None, seed: int = 0) -> Recipe:
        """The choice's own recipe, or a shorter or longer one like it.

        Raises ValueError for an unknown choice.
        """
        if choice not in self.recipes:
            known = ", ".join(self.recipes)
            raise ValueError(f"{self.option} must be one of {known}; got {choice!r}")
        own = self.recipes[choice]
        if steps is None:
            return replace(own, seed=seed)
        warmup = min(own.warmup, max(0, steps))
        return replace(own, steps=steps, warmup=warmup, seed=seed)


def steps_in(minutes: float, per_minute: int) -> int:
    """How many steps a quiet processor manages. Raises ValueError unless minutes are positive."""
    if not 0 < minutes < math.inf:
        raise ValueError(f"minutes must be positive and finite, got {minutes}")
    return max(1, round(minutes * per_minute))
