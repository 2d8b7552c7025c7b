"""What a run needs to go on where it stopped, in one file that is replaced at once.

The file is safetensors, no pickle: weights and what the optimizers keep are its tensors, recipe and
losses stand as json in its metadata. A new state is written beside the old one, brought to the
disk, and then takes its name: whenever a run is killed, a whole state is there.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from course.checkpoints import replace_at_once
from course.training.recipe import Recipe

RUN = "run"  # the metadata's key


@dataclass(frozen=True)
class Saving:
    """Where a run keeps its state, `state`.safetensors, and whether it goes on from it."""

    state: Path
    resume: bool = False

    @property
    def file(self) -> Path:
        """The name is kept whole: run.v1 is run.v1.safetensors."""
        return self.state.with_name(f"{self.state.name}.safetensors")


def keep(
    file: Path,
    model: nn.Module,
    optimizers: list[torch.optim.Optimizer],
    recipe: Recipe,
    losses: list[float],
) -> None:
    """Replace the state in `file` by that of now."""
    tensors = {f"weight.{name}": value for name, value in model.state_dict().items()}
    names: dict[Tensor, str] = {parameter: name for name, parameter in model.named_parameters()}
    for optimizer in optimizers:
        for parameter, moments in optimizer.state.items():
            tensors |= {f"{kept}.{names[parameter]}": value for kept, value in moments.items()}
    run = {"recipe": asdict(recipe), "losses": losses}
    replace_at_once(file, save(tensors, {RUN: json.dumps(run)}))


def put_back(
    file: Path, model: nn.Module, optimizers: list[torch.optim.Optimizer], recipe: Recipe
) -> list[float]:
    """Give model and optimizers the saved state; returns the losses so far.

    Raises FileNotFoundError where nothing was saved, ValueError for a damaged file and for the
    state of another recipe or model.
    """
    tensors, run = _read(file)
    if run["recipe"] != asdict(recipe):
        raise ValueError(
            f"the saved state was trained with {run['recipe']}, not with {asdict(recipe)}"
        )
    weights = {name: tensors.get(f"weight.{name}") for name in model.state_dict()}
    absent = [name for name, weight in weights.items() if weight is None]
    if absent:
        raise ValueError(f"{file} belongs to another model: it lacks {', '.join(absent)}")
    model.load_state_dict(weights)
    for optimizer in optimizers:
        mine = {parameter for group in optimizer.param_groups for parameter in group["params"]}
        for name, parameter in model.named_parameters():
            if parameter in mine:
                optimizer.state[parameter] = _kept(tensors, name)
    losses: list[float] = run["losses"]
    return losses


def _read(file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    if not file.exists():
        raise FileNotFoundError(f"nothing to resume: {file} does not exist")
    try:
        with safe_open(file, "pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            return tensors, json.loads(stored.metadata()[RUN])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} holds no whole state of a run ({error})") from error


def _kept(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """What an optimizer keeps of a parameter: its moments, its steps."""
    kept = {whole.removesuffix(f".{name}"): value for whole, value in tensors.items()}
    return {key: value for key, value in kept.items() if "." not in key and key != "weight"}
