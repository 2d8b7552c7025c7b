"""The files a widget is made of: its JavaScript, its style, and the weights of its model.

An anywidget's `_esm` is one string, in which a relative import does not resolve. So a view imports
its helpers like any module (`import { softmax } from "./math.js";`), Node can test it as it stands,
and `module` joins the files before the browser sees them.
"""

import re
from pathlib import Path

from course.checkpoints import CHECKPOINTS

STATIC = Path(__file__).with_name("static")

IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=async |function|const|class)", re.MULTILINE)

# Large files that views ask for by name with `asset(model, name)`; never part of a widget's state.
ASSETS = {
    "digits_vit": CHECKPOINTS / "digits_vit.safetensors",
    "gpt_pieces": CHECKPOINTS / "gpt_pieces.safetensors",
    "translation_transformer": CHECKPOINTS / "translation_transformer.safetensors",
}


def module(name: str) -> str:
    """The view `static/NAME` and everything it imports, joined into one ES module."""
    order: list[str] = []
    _visit(name, order)
    helpers = [EXPORT.sub("", _source(helper)) for helper in order[:-1]]
    return "\n".join(IMPORT.sub("", source) for source in [*helpers, _source(name)])


def style(name: str) -> str:
    """The colors every widget shares, then `static/NAME`."""
    return "\n".join([_source("colors.css"), _source(name)])


def _visit(name: str, order: list[str]) -> None:
    for helper in IMPORT.findall(_source(name)):
        if helper not in order:
            _visit(helper, order)
    order.append(name)


def _source(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
