"""A trained model in two files: its weights as safetensors, and json that tells how it came to be.

The weights are rounded to 16 bits and read back as float32, so whoever computes with the stored
numbers, a page's JavaScript for one, gets the same results.
"""

import json
from pathlib import Path
from typing import Any, TypeVar

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

CHECKPOINTS = Path(__file__).parent.parent / "checkpoints"

Model = TypeVar("Model", bound=nn.Module)


def write(name: str, model: nn.Module, told: dict[str, Any], folder: Path = CHECKPOINTS) -> None:
    """Write `name`.safetensors and, with what is `told` one entry per line, `name`.json."""
    folder.mkdir(parents=True, exist_ok=True)
    rounded = {key: weight.half().contiguous() for key, weight in model.state_dict().items()}
    save_file(rounded, folder / f"{name}.safetensors")
    lines = [f"{json.dumps(key)}: {json.dumps(told[key])}" for key in told]
    (folder / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def read(name: str, model: Model, folder: Path = CHECKPOINTS) -> Model:
    """`model` with the stored weights, ready to use.

    Raises ValueError when there is no such checkpoint (it lists those there are), or when its
    weights do not belong to the model.
    """
    details(name, folder)
    path = folder / f"{name}.safetensors"
    weights = load_file(path)
    _check_weights(path, weights, model.state_dict())
    model.load_state_dict(weights)
    return model.eval()


def details(name: str, folder: Path = CHECKPOINTS) -> dict[str, Any]:
    """What the json says. Raises ValueError when there is no such checkpoint."""
    path = folder / f"{name}.json"
    if not path.exists():
        known = ", ".join(names(folder=folder)) or "nothing"
        raise ValueError(f"there is no checkpoint {name!r}; {folder.name} holds {known}")
    return json.loads(path.read_text())


def names(prefix: str = "", folder: Path = CHECKPOINTS) -> list[str]:
    """The checkpoints in the folder whose names start so."""
    return sorted(path.stem for path in folder.glob(f"{prefix}*.safetensors"))


def _check_weights(path: Path, stored: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    problems = [f"lacks {key}" for key in expected if key not in stored]
    problems += [f"has {key}, which the model has not" for key in stored if key not in expected]
    problems += [
        f"has {key} with shape {tuple(stored[key].shape)}, the model {tuple(expected[key].shape)}"
        for key in stored.keys() & expected.keys()
        if stored[key].shape != expected[key].shape
    ]
    if problems:
        raise ValueError(f"{path.name} does not fit its json: it {'; it '.join(problems)}")
