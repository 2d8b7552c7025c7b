"""The trained models that come with attnlib: `load("translation_transformer")`.

A checkpoint is two files. The weights are safetensors, rounded to 16 bits; they are read back as
float32, so whoever computes with the stored numbers gets the same results. Beside them json tells
how the model was made, what it can do, and the words it knows.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from attnlib.data.vocabulary import SPECIALS, Vocabulary
from attnlib.models.recipes import KINDS
from attnlib.models.translator import Translator

CHECKPOINTS = Path(__file__).parent.parent / "checkpoints"


def load(name: str, folder: Path = CHECKPOINTS) -> Translator:
    """The trained translator `name`, ready to use.

    Raises ValueError when there is no such checkpoint (it lists those there are), or when its
    weights do not belong to the model that its json describes.
    """
    told = details(name, folder)
    source = Vocabulary(told["source_words"])
    target = Vocabulary(told["target_words"])
    model = KINDS[told["kind"]].build(len(source), len(target), **told["sizes"])
    path = folder / f"{name}.safetensors"
    weights = load_file(path)
    _check_weights(path, weights, model.state_dict())
    model.load_state_dict(weights)
    model.eval()
    return Translator(model, source, target)


def details(name: str, folder: Path = CHECKPOINTS) -> dict[str, Any]:
    """What the json says: kind, sizes, parameters, recipe, versions, metrics, words."""
    path = folder / f"{name}.json"
    if not path.exists():
        known = ", ".join(names(folder)) or "nothing"
        raise ValueError(f"there is no checkpoint {name!r}; {folder.name} holds {known}")
    return json.loads(path.read_text())


def names(folder: Path = CHECKPOINTS) -> list[str]:
    """The checkpoints in the folder."""
    return sorted(path.stem for path in folder.glob("translation_*.safetensors"))


def name_of(kind: str) -> str:
    """The checkpoint of a kind of translator: gru-none → translation_gru_none."""
    return f"translation_{kind.replace('-', '_')}"


def save(name: str, translator: Translator, told: dict[str, Any], folder: Path) -> None:
    """Write both files; `told` is what the json says besides the words."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = translator.model.state_dict()
    rounded = {key: weight.half().contiguous() for key, weight in weights.items()}
    save_file(rounded, folder / f"{name}.safetensors")
    told = told | {
        "source_words": translator.source_vocabulary.words[len(SPECIALS) :],
        "target_words": translator.target_vocabulary.words[len(SPECIALS) :],
    }
    lines = [f"{json.dumps(key)}: {json.dumps(told[key])}" for key in told]
    (folder / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _check_weights(
    path: Path, stored: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]
) -> None:
    problems = [f"lacks {key}" for key in expected if key not in stored]
    problems += [f"has {key}, which the model has not" for key in stored if key not in expected]
    problems += [
        f"has {key} with shape {tuple(stored[key].shape)}, the model {tuple(expected[key].shape)}"
        for key in stored.keys() & expected.keys()
        if stored[key].shape != expected[key].shape
    ]
    if problems:
        raise ValueError(f"{path.name} does not fit its json: it {'; it '.join(problems)}")
