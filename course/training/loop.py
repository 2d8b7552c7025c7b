"""One training loop for every model here: seeded, resumable, with a progress bar.

    train(model, loss, Recipe(steps=1000, learning_rate=1e-3))

`loss(step)` computes the loss of that step's batch. Nothing else changes from step to step, and
each step seeds its own dropout: so a run that was stopped goes on as though it never had been.

    python -m course.training translation --model transformer
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from course.training.optimizers import build

SEED_STRIDE = 1_000_003  # keeps the seeds of the steps of two runs apart


@dataclass(frozen=True)
class Recipe:
    """How to train: the rate rises over `warmup` steps and falls to 0 as a cosine.

    `clip` is the largest norm of the gradient; a larger one is scaled down to it. `optimizer` is
    "adam" or "muon" (see `course.training.optimizers`).
    """

    steps: int
    learning_rate: float
    warmup: int = 100
    clip: float = 1.0
    seed: int = 0
    optimizer: str = "adam"

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.learning_rate * (1 + math.cos(math.pi * done)) / 2


@dataclass(frozen=True)
class Saving:
    """Where a run keeps what it needs to go on: `state`.safetensors and .json, no pickle."""

    state: Path
    resume: bool = False


def train(
    model: nn.Module,
    loss: Callable[[int], Tensor],
    recipe: Recipe,
    *,
    validate: Callable[[], str] | None = None,
    validate_every: int = 200,
    saving: Saving | None = None,
    progress: bool = True,
) -> list[float]:
    """Train `model` in place; returns the loss of every step.

    After each `validate_every` steps a line says what `validate` found, and the state is saved.
    Raises FloatingPointError when the loss or its gradient is not finite, and ValueError when the
    saved state belongs to another recipe.
    """
    optimizers = build(recipe.optimizer, model)
    losses: list[float] = []
    if saving is not None and saving.resume:
        losses = _resume(saving.state, model, optimizers, recipe)
    first = len(losses)
    hidden = {} if progress else {"disable": True}  # disable=False would overrule TQDM_DISABLE
    bar = tqdm(range(first, recipe.steps), initial=first, total=recipe.steps, **hidden)
    for step in bar:
        losses.append(_step(model, loss, optimizers, recipe, step))
        bar.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
        if (step + 1) % validate_every == 0 or step + 1 == recipe.steps:
            if validate is not None:
                model.eval()
                bar.write(f"step {step + 1:5d}  loss {losses[-1]:.3f}  {validate()}")
            if saving is not None:
                _save(saving.state, model, optimizers, recipe, losses)
    model.eval()
    return losses


def _step(
    model: nn.Module,
    loss: Callable[[int], Tensor],
    optimizers: list[torch.optim.Optimizer],
    recipe: Recipe,
    step: int,
) -> float:
    torch.manual_seed(recipe.seed * SEED_STRIDE + step)
    rate = recipe.rate(step)
    for group in (group for optimizer in optimizers for group in optimizer.param_groups):
        group["lr"] = rate * group["factor"]
    model.train()
    model.zero_grad()
    current = loss(step)
    current.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
    if not (math.isfinite(current.item()) and math.isfinite(norm.item())):
        raise FloatingPointError(
            f"the loss is {current.item()} and the norm of its gradient {norm.item()} "
            f"at step {step}, with learning rate {rate:.1e}. Try a learning rate of "
            f"{recipe.learning_rate / 3:.0e} or a warm-up longer than {recipe.warmup} steps; "
            "if it happens at step 0, look for NaN in the data or a division by zero in the loss."
        )
    for optimizer in optimizers:
        optimizer.step()
    return current.item()


def _save(
    path: Path,
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    recipe: Recipe,
    losses: list[float],
) -> None:
    """Weights and what the optimizers keep as tensors, the rest as readable json."""
    tensors = {f"weight.{name}": value for name, value in model.state_dict().items()}
    names: dict[Tensor, str] = {parameter: name for name, parameter in model.named_parameters()}
    for optimizer in optimizers:
        for parameter, moments in optimizer.state.items():
            tensors |= {f"{kept}.{names[parameter]}": value for kept, value in moments.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path.with_suffix(".safetensors"))
    details = {"recipe": asdict(recipe), "losses": losses}
    path.with_suffix(".json").write_text(json.dumps(details))


def _resume(
    path: Path, model: nn.Module, optimizers: list[torch.optim.Optimizer], recipe: Recipe
) -> list[float]:
    """Put the saved state back; returns the losses so far."""
    if not path.with_suffix(".json").exists():
        raise FileNotFoundError(f"nothing to resume: {path.with_suffix('.json')} does not exist")
    details = json.loads(path.with_suffix(".json").read_text())
    if details["recipe"] != asdict(recipe):
        raise ValueError(
            f"the saved state was trained with {details['recipe']}, not with {asdict(recipe)}"
        )
    tensors = load_file(path.with_suffix(".safetensors"))
    model.load_state_dict({name: tensors[f"weight.{name}"] for name in model.state_dict()})
    for optimizer in optimizers:
        mine = {parameter for group in optimizer.param_groups for parameter in group["params"]}
        for name, parameter in model.named_parameters():
            if parameter in mine:
                optimizer.state[parameter] = _kept(tensors, name)
    return details["losses"]


def _kept(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """What an optimizer keeps of a parameter: its moments, its steps."""
    kept = {whole.removesuffix(f".{name}"): value for whole, value in tensors.items()}
    return {key: value for key, value in kept.items() if "." not in key and key != "weight"}
