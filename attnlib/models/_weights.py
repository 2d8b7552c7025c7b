"""Weights that others trained, under our own names.

A table says where each of their weights goes. An entry is a weight, or a module with all its
weights; * is the number of the layer, and None says: known, and left out.

    "encoder.layer.*.attention.self.query": "layers.*.self_attention.query"
    "pooler": None
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

Weights = Mapping[str, Tensor]
Names = Mapping[str, str | None]
LFS = b"version https://git-lfs"


def fill(model: nn.Module, weights: Weights, names: Names, *, copy: bool = True) -> None:
    """Put the weights into the model, each to where `names` says, as float32.

    Without `copy` the model takes the tensors themselves, which spares a second set of them.

    Raises ValueError that lists every weight which is missing, unexpected or of the wrong shape.
    """
    wanted = model.state_dict()
    renamed, problems = {}, []
    for theirs, weight in weights.items():
        try:
            ours = rename(theirs, names)
        except KeyError:
            problems.append(f"{theirs} is unexpected")
            continue
        if ours is None:
            continue
        if ours not in wanted:
            problems.append(f"{theirs} is unexpected: there is no {ours}")
        elif weight.shape != wanted[ours].shape:
            here, there = tuple(wanted[ours].shape), tuple(weight.shape)
            problems.append(f"{theirs} has shape {there}, but {ours} has {here}")
        renamed[ours] = weight.float()
    problems += [f"{ours} is missing" for ours in wanted if ours not in renamed]
    if problems:
        raise ValueError(f"weights do not fit {type(model).__name__}: {'; '.join(problems)}")
    model.load_state_dict(renamed, assign=not copy)


def rename(theirs: str, names: Names) -> str | None:
    """Our name for one of their weights; KeyError when the table has none."""
    layer = re.search(r"\.\d+\.", theirs)
    number = layer[0] if layer else ""
    entry, parameter = theirs.replace(number, ".*.", 1) if layer else theirs, ""
    while entry not in names:
        entry, _, last = entry.rpartition(".")
        if not entry:
            raise KeyError(theirs)
        parameter = f".{last}{parameter}"
    ours = names[entry]
    return None if ours is None else ours.replace(".*.", number) + parameter


def without_prefix(weights: Weights, prefix: str) -> dict[str, Tensor]:
    """The names with `prefix` taken off where they have it: a model that had a head wears one."""
    return {name.removeprefix(prefix): weight for name, weight in weights.items()}


def read_weights(file: Path) -> dict[str, Tensor]:
    """What a *.safetensors file holds. Raises ValueError naming a file that is damaged."""
    try:
        return load_file(file)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{file.name} {_damage(file, error)}") from error


def _damage(file: Path, error: Exception) -> str:
    """What is wrong with a file that could not be read."""
    if file.exists() and file.read_bytes().startswith(LFS):
        return "is only Git LFS's note of where the file lies: fetch it with git lfs pull"
    return f"is damaged or cut short: {error}"


def check_settings(config: dict[str, Any], **computed: Any) -> None:
    """Raise ValueError when `config` asks for something else than what the model computes."""
    for setting, ours in computed.items():
        theirs = config.get(setting, ours)
        if theirs != ours:
            raise ValueError(f"config has {setting} {theirs!r}, but the model computes {ours!r}")
