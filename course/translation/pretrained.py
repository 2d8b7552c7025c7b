"""The trained translators that come with attnlib: `load("translation_transformer")`."""

from pathlib import Path
from typing import Any

from course import checkpoints
from course.checkpoints import CHECKPOINTS
from course.data.vocabulary import SPECIALS, Vocabulary
from course.translation.recipes import KINDS
from course.translation.translator import Translator

PREFIX = "translation_"


def load(name: str, folder: Path = CHECKPOINTS) -> Translator:
    """The trained translator `name`, ready to use.

    Raises ValueError when there is no such checkpoint (it lists those there are), or when its
    weights do not belong to the model that its json describes.
    """
    told = details(name, folder)
    source = Vocabulary(told["source_words"])
    target = Vocabulary(told["target_words"])
    model = KINDS[told["kind"]].build(len(source), len(target), **told["sizes"])
    return Translator(checkpoints.read(name, model, folder), source, target)


def details(name: str, folder: Path = CHECKPOINTS) -> dict[str, Any]:
    """What the json says: kind, sizes, parameters, recipe, versions, metrics, words."""
    return checkpoints.details(name, folder)


def names(folder: Path = CHECKPOINTS) -> list[str]:
    """The translators in the folder."""
    return checkpoints.names(PREFIX, folder)


def name_of(kind: str) -> str:
    """The checkpoint of a kind of translator: gru-none → translation_gru_none."""
    return PREFIX + kind.replace("-", "_")


def save(name: str, translator: Translator, told: dict[str, Any], folder: Path) -> None:
    """Write both files; `told` is what the json says besides the words."""
    words = {
        "source_words": translator.source_vocabulary.words[len(SPECIALS) :],
        "target_words": translator.target_vocabulary.words[len(SPECIALS) :],
    }
    checkpoints.write(name, translator.model, told | words, folder)
