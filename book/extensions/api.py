"""The `modules` directive: what the rooms of a package offer, from their own docstrings.

    ```{modules} attnlib.masks attnlib.linear
    ```

A room shows what its face names in `__all__`: first its functions and classes, then its modules,
each with what is public in it. Docstrings are plain text: what is indented is shown as it stands,
and `names` as code.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from types import ModuleType
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Modules(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        holder = nodes.Element()
        lines = ["```{eval-rst}"]
        for argument in self.arguments[0].split():
            for name, members in shown_of(import_module(argument)):
                lines += [f".. rubric:: {name}", "", f".. automodule:: {name}"]
                lines += [f"   :members: {', '.join(members)}" if members else "", ""]
        self.state.nested_parse(StringList([*lines, "```"], "modules"), 0, holder)
        return holder.children


def shown_of(room: ModuleType) -> Iterator[tuple[str, list[str]]]:
    """The name of the room with what its face offers, then the modules that the face names."""
    if not hasattr(room, "__all__"):
        yield room.__name__, sorted(defined_in(room))
        return
    offered = {name: getattr(room, name) for name in room.__all__}
    modules = [thing for thing in offered.values() if isinstance(thing, ModuleType)]
    own = [name for name, thing in offered.items() if stands_in(room.__name__, thing)]
    yield room.__name__, own
    for module in modules:
        shown_on = not module.__name__.startswith(room.__name__ + ".")
        if not shown_on and not hasattr(module, "__path__"):  # a room has a line of its own
            yield module.__name__, sorted(defined_in(module))


def stands_in(room: str, thing: object) -> bool:
    """Whether a function or class is of a module of this room, not shown on from another room."""
    return getattr(thing, "__module__", "").rpartition(".")[0] == room


def defined_in(module: ModuleType) -> list[str]:
    """The public functions and classes that stand in the module itself."""
    return [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    ]


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
