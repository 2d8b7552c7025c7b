"""Takes out of the theme's style sheets the rules that no page of this book can meet.

A rule stays when each class and id that its selector names stands somewhere in the site: in a page,
or as a word of a script, which might set it. Of several selectors only those stay.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx

SHEETS = (
    "styles/pydata-sphinx-theme.css",
    "styles/sphinx-book-theme.css",
    "sphinx-design.min.css",
    "mystnb*.css",
    "basic.css",
    "togglebutton.css",
    "copybutton.css",
)
NAME = re.compile(r"[A-Za-z_][\w-]*")
NAMED = re.compile(r"[.#](-?[A-Za-z_](?:[\w-]|\\.)*)")
NESTED = {"media", "supports", "layer"}
COMPOSED = "bs-tooltip-"  # names that Bootstrap's script puts together


def used(sheet: str, names: set[str]) -> str:
    """The style sheet without the rules of which no selector can match."""
    return "".join(_kept(tinycss2.parse_stylesheet(sheet), names))


def _kept(rules: Iterable[tinycss2.ast.Node], names: set[str]) -> Iterable[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [s for s in _parts(rule.prelude) if _can_match(s, names)]
            if selectors:
                yield f"{','.join(selectors)}{{{tinycss2.serialize(rule.content)}}}"
        elif rule.type == "at-rule" and rule.content and rule.lower_at_keyword in NESTED:
            inner = "".join(_kept(tinycss2.parse_rule_list(rule.content), names))
            if inner:
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
        elif rule.type not in {"comment", "whitespace"}:
            yield rule.serialize()


def _parts(prelude: list[tinycss2.ast.Node]) -> list[str]:
    """The selectors of a list, which a comma inside brackets does not part."""
    parts: list[list[tinycss2.ast.Node]] = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [tinycss2.serialize(part).strip() for part in parts]


def _can_match(selector: str, names: set[str]) -> bool:
    """What stands in brackets (`:not(.x)`, `:is(…)`, `[href]`) is left to the browser."""
    bare = re.sub(r"\[[^\]]*\]|\([^()]*(?:\([^()]*\)[^()]*)*\)", "", selector)
    named = (name.replace("\\", "") for name in NAMED.findall(bare))
    return all(name in names or name.startswith(COMPOSED) for name in named)


def names_of(site: Path) -> set[str]:
    """Every word of the pages' markup and of the scripts that might be a class or an id."""
    names: set[str] = set()
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        for attribute in re.findall(r'\b(?:class|id)="([^"]*)"', page):
            names.update(attribute.split())
    for path in (site / "_static").rglob("*.js"):
        names.update(NAME.findall(path.read_text(encoding="utf-8", errors="replace")))
    return names


def trim(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    names = names_of(Path(app.outdir))
    for pattern in SHEETS:
        for path in static.glob(pattern):
            path.write_text(used(path.read_text(encoding="utf-8"), names), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", trim, priority=900)  # when the pages and scripts stand
    return {"parallel_read_safe": True, "parallel_write_safe": True}
