"""One training loop for every model here: seeded, resumable, with a progress bar.

    train(model, loss, Recipe(steps=1000, learning_rate=1e-3))

`loss(step)` computes the loss of that step's batch. Nothing else changes from step to step, and
each step seeds its own dropout: so a run that was stopped goes on as though it never had been.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from tqdm import tqdm

from course.training import state
from course.training.optimizers import build
from course.training.recipe import Recipe
from course.training.state import Saving


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
    saved state belongs to another recipe, or validate_every is below 1.
    """
    if validate_every < 1:
        raise ValueError(f"validate_every must be at least 1, got {validate_every}")
    optimizers = build(recipe.optimizer, model)
    losses: list[float] = []
    if saving is not None and saving.resume:
        losses = state.put_back(saving.file, model, optimizers, recipe)
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
                state.keep(saving.file, model, optimizers, recipe, losses)
    model.eval()
    return losses


def _step(
    model: nn.Module,
    loss: Callable[[int], Tensor],
    optimizers: list[torch.optim.Optimizer],
    recipe: Recipe,
    step: int,
) -> float:
    torch.manual_seed(recipe.seed_of(step))
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
