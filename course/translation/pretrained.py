"""The trained translators of the course: `load("translation_transformer")`."""

from pathlib import Path
from typing import Any

from attnlib.models.transformer import Transformer
from course import checkpoints
from course.checkpoints import CHECKPOINTS
from course.data import translation
from course.data.vocabulary import SPECIALS, Vocabulary
from course.translation.recipes import KINDS, Model
from course.translation.translator import Translator

PREFIX = "translation_"


def load(name: str, folder: Path = CHECKPOINTS) -> Translator:
    """The trained translator `name`, translation_* or positions_*, ready to use.

    Raises ValueError when there is no such checkpoint (it lists those there are), or when its
    weights do not belong to the model that its json describes.
    """
    told = checkpoints.details(name, folder)
    source, target = vocabularies(told)
    model: Model
    if "scheme" in told:
        model = Transformer(len(source), len(target), positions=told["scheme"], **told["sizes"])
    elif told.get("kind") in KINDS:
        model = KINDS[told["kind"]].build(len(source), len(target), **told["sizes"])
    else:
        known = ", ".join(KINDS)
        raise ValueError(f"{name}.json: kind must be one of {known}; got {told.get('kind')!r}")
    return Translator(checkpoints.read(name, model, folder), source, target)


def vocabularies(told: dict[str, Any]) -> tuple[Vocabulary, Vocabulary]:
    """The words that the json holds, or else the corpus' own."""
    if "source_words" in told:
        return Vocabulary(told["source_words"]), Vocabulary(told["target_words"])
    corpus = translation.load()
    return corpus.source_vocabulary, corpus.target_vocabulary


def names(folder: Path = CHECKPOINTS) -> list[str]:
    """The translators in the folder, one per kind."""
    return checkpoints.names(PREFIX, folder)


def name_of(kind: str) -> str:
    """The checkpoint of a kind of translator: gru-none → translation_gru_none."""
    return PREFIX + kind.replace("-", "_")


def words_of(translator: Translator) -> dict[str, list[str]]:
    """What the json says of the words it knows."""
    return {
        "source_words": list(translator.source_vocabulary.words[len(SPECIALS) :]),
        "target_words": list(translator.target_vocabulary.words[len(SPECIALS) :]),
    }
