"""A trained model in two files: its weights as safetensors, and json that tells how it came to be.

The weights are rounded to 16 bits and read back as float32, so whoever computes with the stored
numbers, a page's JavaScript for one, gets the same results. The json has a digest of the weights
and one of what it says itself: so two files that do not belong together are found out, and a word
or a size that was changed by hand.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from safetensors.torch import save
from torch import Tensor, nn

from attnlib.models._weights import read_weights
from course.checkpoints._replacing import replace_at_once

CHECKPOINTS = Path(__file__).parent.parent / "checkpoints"
OWN_DIGEST = "own_digest"  # the json's key

Model = TypeVar("Model", bound=nn.Module)


def round_weights(model: nn.Module) -> None:
    """Give the model the weights that `write` stores: those of now, rounded to 16 bits."""
    model.load_state_dict({key: weight.half() for key, weight in model.state_dict().items()})


def write(name: str, model: nn.Module, told: dict[str, Any], folder: Path = CHECKPOINTS) -> None:
    """Write `name`.safetensors and, with what is `told` one entry per line, `name`.json."""
    rounded = {key: weight.half().contiguous() for key, weight in model.state_dict().items()}
    told = told | {"digest": digest(rounded)}
    told = told | {OWN_DIGEST: own_digest(told)}
    lines = [f"{json.dumps(key)}: {json.dumps(told[key])}" for key in told]
    replace_at_once(folder / f"{name}.safetensors", save(rounded))
    replace_at_once(folder / f"{name}.json", ("{\n" + ",\n".join(lines) + "\n}\n").encode())


def read(name: str, model: Model, folder: Path = CHECKPOINTS) -> Model:
    """`model` with the stored weights, ready to use.

    Raises ValueError when there is no such checkpoint (it lists those there are), when a file is
    damaged, when the two do not belong together, or the weights not to the model.
    """
    told = details(name, folder)
    path = folder / f"{name}.safetensors"
    weights = read_weights(path)
    _check_weights(path, weights, model.state_dict())
    if told.get("digest", digest(weights)) != digest(weights):
        raise ValueError(f"{path.name} and {name}.json do not belong together: another digest")
    model.load_state_dict(weights)
    return model.eval()


def details(name: str, folder: Path = CHECKPOINTS) -> dict[str, Any]:
    """What the json says.

    Raises ValueError when there is no such checkpoint, when it is damaged, or was changed by hand.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        known = ", ".join(names(folder=folder)) or "nothing"
        raise ValueError(f"there is no checkpoint {name!r}; {folder.name} holds {known}")
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name} is damaged or cut short: {error}") from error
    if told.get(OWN_DIGEST, own_digest(told)) != own_digest(told):
        raise ValueError(
            f"{path.name} is not as it was written: {OWN_DIGEST} must be {own_digest(told)!r}, got "
            f"{told[OWN_DIGEST]!r}; its words and sizes may not be those of its weights"
        )
    return told


def names(prefix: str = "", folder: Path = CHECKPOINTS) -> list[str]:
    """The checkpoints in the folder whose names start so."""
    return sorted(path.stem for path in folder.glob(f"{prefix}*.safetensors"))


def digest(weights: Mapping[str, Tensor]) -> str:
    """A fingerprint of the numbers: it changes with any of them, and not with a tensor's name."""
    each = sorted(
        hashlib.sha256(weight.half().contiguous().numpy().tobytes()).hexdigest()
        for weight in weights.values()
    )
    return hashlib.sha256("".join(each).encode()).hexdigest()[:16]


def own_digest(told: Mapping[str, Any]) -> str:
    """A fingerprint of all else that the json says: words in another order have another."""
    rest = {key: told[key] for key in told if key != OWN_DIGEST}
    return hashlib.sha256(json.dumps(rest).encode()).hexdigest()[:16]


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
    spoiled = [key for key, weight in stored.items() if not weight.isfinite().all()]
    if spoiled:
        raise ValueError(f"{path.name} has weights that are not finite: {', '.join(spoiled)}")
