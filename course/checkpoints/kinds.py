"""Which room builds the model of a checkpoint, by how its name begins."""

from importlib import import_module
from pathlib import Path
from typing import Any

from course.checkpoints.files import CHECKPOINTS, details

LOADERS = {
    "translation_": "course.translation.pretrained",
    "positions_next_word_": "course.language.next_word",
    "positions_": "course.translation.pretrained",
    "gpt_": "course.language.writer",
    "bert_": "course.reading.blanks",
    "digits_": "course.digits.networks",
}


def load(name: str, folder: Path = CHECKPOINTS) -> Any:
    """The trained model `name`, ready to use, as what its subject makes of it:

        translation_*, positions_*    a `course.translation.Translator`
        positions_next_word_*         a `course.language.NextWord`
        gpt_*                         a `course.language.Writer`
        bert_*                        a `course.reading.Reader`
        digits_*                      a network that reads digits

    Raises ValueError when there is no such checkpoint (it lists those there are), or its files are
    damaged, do not belong together or do not fit the model.
    """
    room = next((room for prefix, room in LOADERS.items() if name.startswith(prefix)), None)
    if room is None:
        details(name, folder)  # says which there are
        raise ValueError(f"no room knows how to build {name!r}; names begin {', '.join(LOADERS)}")
    return import_module(room).load(name, folder)
