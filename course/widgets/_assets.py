"""The files a widget is made of: its JavaScript, its style, and the weights of its model.

An anywidget's `_esm` is one string, in which a relative import does not resolve. So a view imports
its helpers like any module (`import { softmax } from "./math.js";`), Node can test it as it stands,
and `module` joins the files before the browser sees them. Each helper becomes one constant, made in
a function of its own, so that its names meet no other file's:

    const math_js = (() => {              // math.js
      function softmax(scores) { … }
      return { softmax };
    })();
    const { softmax: weigh } = math_js;   // import { softmax as weigh } from "./math.js";

Comments stay behind: they are a fifth of what a reader would load.
"""

import re
from pathlib import Path

from safetensors.torch import load, save

from course.checkpoints import CHECKPOINTS, in_8_bits

STATIC = Path(__file__).with_name("static")

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)
COMMENT = re.compile(r"^ *(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)
OTHER = re.compile(r"^(?:import\b|export (?!default \{)).*", re.MULTILINE)

# Large files that views ask for by name with `asset(model, name)`; never part of a widget's state.
ASSETS = {
    "digits_vit": CHECKPOINTS / "digits_vit.safetensors",
    "gpt_pieces": CHECKPOINTS / "gpt_pieces.safetensors",
    "translation_transformer": CHECKPOINTS / "translation_transformer.safetensors",
}
LIGHTER = ("gpt_pieces", "translation_transformer")  # 400,000 weights and more: in 8 bits


def asset_bytes(name: str, path: Path) -> bytes:
    """What a view is sent of the file `path`, the asset `name`."""
    content = path.read_bytes()
    return save(in_8_bits(load(content))) if name in LIGHTER else content


def module(name: str) -> str:
    """The view `static/NAME` and everything it imports, joined into one ES module.

    Raises ValueError, with the names of the files, for what joining would change the meaning of:
    a name that is imported and not exported, a circle of imports, and any form of import or export
    but `import { a, b as c } from "./file.js";`, `export function`, `const` or `class`.
    """
    order: list[str] = []
    _visit(name, (), order)
    return "\n".join([*(_scope(helper) for helper in order[:-1]), _bound(name)])


def style(*names: str) -> str:
    """The colors every widget shares, then the files `static/NAME`, in order."""
    return "\n".join(_source(name) for name in ("colors.css", *names))


def _visit(name: str, above: tuple[str, ...], order: list[str]) -> None:
    """Appends the helpers of `name`, each after its own, and then `name`."""
    if name in above:
        raise ValueError(f"{name} imports itself, by way of {' → '.join([*above, name])}")
    for names, helper in IMPORT.findall(_source(name)):
        missing = {imported for imported, _ in _pairs(names)} - set(EXPORT.findall(_source(helper)))
        if missing:
            raise ValueError(
                f"{name} imports {', '.join(sorted(missing))}, which {helper} does not export"
            )
        if helper not in order:
            _visit(helper, (*above, name), order)
    order.append(name)


def _scope(name: str) -> str:
    """A helper as a constant, made in a function of its own."""
    exported = ", ".join(EXPORT.findall(_source(name)))
    body = EXPORT.sub("", _bound(name))
    return f"const {_constant(name)} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def _bound(name: str) -> str:
    """A file's code without comments that fill lines, and with constants for its imports."""
    code = IMPORT.sub(
        lambda found: f"const {{ {_renamed(found[1])} }} = {_constant(found[2])};\n",
        COMMENT.sub("", _source(name)),
    )
    if other := OTHER.search(EXPORT.sub("", code)):
        raise ValueError(f"{name} holds a line that cannot be joined: {other[0]}")
    return code


def _pairs(names: str) -> list[tuple[str, str]]:
    """`a, b as c` as [("a", "a"), ("b", "c")]: the names there and here."""
    parts = [part.split() for part in names.split(",") if part.strip()]
    return [(part[0], part[-1]) for part in parts]


def _renamed(names: str) -> str:
    """`a, b as c` as a pattern that takes an object apart: `a, b: c`."""
    return ", ".join(a if a == b else f"{a}: {b}" for a, b in _pairs(names))


def _constant(name: str) -> str:
    return name.replace(".", "_")


def _source(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
