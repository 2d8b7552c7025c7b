"""The `modules` directive: what the modules of a package offer, from their own docstrings.

    ```{modules} attnlib.attention attnlib.linear
    ```

A package that names its public things in `__all__` is shown as one; of any other, each public
module is, save those named after `:without:`. Docstrings are plain text: what is indented is shown
as it stands, and `names` as code.
"""

import re
from importlib import import_module
from itertools import groupby
from pkgutil import iter_modules
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

INTERNAL = {"checks", "checked"}  # helpers of the others


class Modules(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"without": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        holder = nodes.Element()
        lines = ["```{eval-rst}"]
        without = self.options.get("without", "").split()
        for argument in self.arguments[0].split():
            for name in public_modules(argument):
                if name.rpartition(".")[2] not in without:
                    lines += [
                        f".. rubric:: {name}",
                        "",
                        f".. automodule:: {name}",
                        "   :members:",
                        "",
                    ]
        self.state.nested_parse(StringList([*lines, "```"], "modules"), 0, holder)
        return holder.children


def public_modules(name: str) -> list[str]:
    module = import_module(name)
    is_package = hasattr(module, "__path__")
    if not is_package or (name != "attnlib" and hasattr(module, "__all__")):
        return [name]
    inside = [found for found in iter_modules(module.__path__) if not found.ispkg]
    names = [found.name for found in inside if found.name not in INTERNAL]
    return [f"{name}.{inner}" for inner in names if not inner.startswith("_")]


def plain_to_rst(
    app: Sphinx, what: str, name: str, thing: object, options: dict[str, Any], lines: list[str]
) -> None:
    """Docstrings are written for people: turn them, in place, into what reStructuredText reads."""
    if what == "module":  # autodoc takes a lone indented block for the module's indentation
        lines[:] = (getattr(thing, "__doc__", None) or "").splitlines()
    told: list[str] = []
    for blank, paragraph in groupby(lines, key=lambda line: not line.strip()):
        told += [""] if blank else shown(list(paragraph))
    lines[:] = [*told, ""]


def shown(paragraph: list[str]) -> list[str]:
    """A drawing as it stands; of anything else, the indented lines as they stand."""
    if is_drawing(paragraph):
        paragraph = ["    " + line for line in paragraph]
    told: list[str] = []
    for indented, together in groupby(paragraph, key=lambda line: line.startswith("    ")):
        if indented:
            told += ["", "::", "", *together, ""]
        else:
            told += escaped("\n".join(together)).splitlines()
    return told


def is_drawing(paragraph: list[str]) -> bool:
    """Columns, or lines set off from one another. (The formatter takes their indentation away.)"""
    if re.match(r"[-*] |\d+\. |[ ]{2,}", paragraph[0]):
        return False
    return any(re.search(r"^ {1,3}\S|\S {3,}\S", line) for line in paragraph)


def escaped(text: str) -> str:
    """`names` as code and *words* stressed; everything else as it stands."""
    pieces = re.split(r"`+([^`]+)`+", text)
    plain = [re.sub(r"([|_`\\]|(?<!\w)\*(?!\w[^*\n]*\w\*))", r"\\\1", p) for p in pieces[::2]]
    mixed = [plain[0]]
    for code, after in zip(pieces[1::2], plain[1:], strict=True):
        mixed += [f"``{code}``", "\\" + after if after[:1].isalnum() else after]
    return "".join(mixed)


def is_unspoken(
    app: Sphinx, what: str, name: str, thing: object, skip: bool, options: dict[str, Any]
) -> bool | None:
    """The fields of a named tuple, of which Python says only their number."""
    return True if str(thing.__doc__).startswith("Alias for field number") else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("modules", Modules)
    app.connect("autodoc-process-docstring", plain_to_rst)
    app.connect("autodoc-skip-member", is_unspoken)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
