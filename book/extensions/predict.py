"""Predictions: the reader says what will happen, and then sees what did.

    :::{admonition} Predict
    :class: predict
    How much is left after two layers?

    1. about half
    2. nearly nothing
    :::

Below the question the page asks for a guess: one of the choices of a numbered list, a number, or a
place on a line where a number has bounds. What is true stands in the metadata of the code cell
below that shows it, where a notebook does not show it:

    "guess": {"right": "B"}
    "guess": {"number": "after two +([-\\d.]+)", "unit": "%", "asked": "after two layers"}
    "guess": {"number": "after two +([-\\d.]+)", "unit": "%", "least": 0, "most": 100, "step": 1}

`asked` says which number or choice is meant where a question has more than one part. A number is
read from what the cell printed, so it can be no other than the one that was computed. `predict.js`
keeps the guess in the browser, unfolds the output and says how far off it was.
"""

import hashlib
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from docutils import nodes
from quiz import QuizChoice
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

BOUNDS = {"least": "min", "most": "max", "step": "step"}
NOT_DIGITS = str.maketrans({",": "", "\N{MINUS SIGN}": "-"})


class Guess(nodes.General, nodes.Element):
    """Asks for the guess: holds the choices, if there are some."""


class Predictions(SphinxTransform):
    """Every admonition of the class `predict` asks for a guess."""

    default_priority = 206  # after the quizzes, whose choices it uses

    def apply(self) -> None:
        for box, cell in list(answered(self.document)):
            told = cell["cell_metadata"].get("guess", {}) if cell else {}
            try:
                box += self.guess(box, told, printed(cell))
            except ValueError as problem:
                place = f"{box.source}:{box.line}"
                raise SphinxError(f"{place}: prediction: {problem}") from None

    def guess(self, box: nodes.admonition, told: dict[str, Any], output: str) -> Guess:
        name = hashlib.sha256(box.astext().encode()).hexdigest()[:10]
        asked = Guess("", key=f"{self.env.docname}#{name}", unit="", asked=told.get("asked", ""))
        if isinstance(box[-1], nodes.enumerated_list):
            choices = box[-1]
            box.remove(choices)
            letters = "ABCDEFGH"[: len(choices)]
            if told.get("right") not in {*letters}:
                raise ValueError(
                    f'expected "guess": {{"right": one of {letters}}} in the metadata of the cell '
                    f"below the choices, got {told}"
                )
            asked["kind"], asked["true"] = "choice", told["right"]
            for letter, choice in zip(letters, choices, strict=True):
                place = {"name": f"guess-{name}", "letter": letter, "right": False}
                asked += QuizChoice("", "", *choice[0].children, **place)
        elif "number" in told:
            found = re.search(told["number"], output)
            if found is None:
                raise ValueError(f"expected {told['number']!r} in the cell's output, got {output}")
            asked["kind"], asked["unit"] = "number", told.get("unit", "")
            asked["true"] = str(float(found[1].translate(NOT_DIGITS)))
            if told.keys() & BOUNDS.keys():
                asked["kind"] = "drag"
                asked["bounds"] = bounds(told, float(asked["true"]))
        else:
            raise ValueError(
                'expected "guess" with "number", or choices in the box and "right", in the '
                f"metadata of a cell below, got {told or 'none'}"
            )
        return asked


def bounds(told: dict[str, Any], true: float) -> str:
    """The attributes of the line on which a guess is dragged. It begins in the middle."""
    missing = BOUNDS.keys() - told.keys()
    if missing:
        raise ValueError(f"expected least, most and step, but {sorted(missing)} is not there")
    least, most, step = (told[name] for name in BOUNDS)
    if not least <= true <= most or step <= 0:
        raise ValueError(f"expected {least} ≤ {true} ≤ {most} and a step above 0, got {step}")
    middle = least + round((most - least) / 2 / step) * step
    places = {**{BOUNDS[name]: told[name] for name in BOUNDS}, "value": middle}
    return " ".join(f'{name}="{value:g}"' for name, value in places.items())


def answered(document: nodes.document) -> Iterator[tuple[nodes.admonition, nodes.container | None]]:
    """Every prediction, with the cell between it and the next one that says what is true."""
    waiting, cell = None, None
    for node in document.findall():
        if isinstance(node, nodes.admonition) and "predict" in node["classes"]:
            if waiting:
                yield waiting, cell
            waiting, cell = node, None
        elif isinstance(node, nodes.container) and "guess" in node.get("cell_metadata", {}):
            if cell or not waiting:
                raise SphinxError(f"{node.source}:{node.line}: a guess that no prediction asks for")
            cell = node
    if waiting:
        yield waiting, cell


def printed(cell: nodes.container | None) -> str:
    parts = cell.findall(nodes.container) if cell else ()
    return "".join(p.astext() for p in parts if p.get("nb_element") == "cell_code_output")


def visit_guess(page: HTML5Translator, node: Guess) -> None:
    page.body.append(
        f'<form class="guess" data-key="{escape(node["key"])}" data-kind="{node["kind"]}" '
        f'data-true="{escape(node["true"])}" data-unit="{escape(node["unit"])}">'
    )
    if node["kind"] == "choice":
        seen = ' class="asked"' if node["asked"] else ""
        page.body.append(f'<fieldset class="quiz-live"><legend{seen}>{label(node)}</legend>')


def label(node: Guess) -> str:
    return f"Your guess, {escape(node['asked'])}" if node["asked"] else "Your guess"


FIELDS: dict[str, str] = {
    "choice": "</fieldset>",
    "number": '<label class="pst-js-only">{label} <span class="guess-number">'
    '<input inputmode="decimal" autocomplete="off" size="8" maxlength="20">{unit}</span></label>',
    "drag": '<label class="pst-js-only">{label} <input type="range" autocomplete="off" {bounds}>'
    '<span class="guess-at" aria-hidden="true"></span></label>',
}


def depart_guess(page: HTML5Translator, node: Guess) -> None:
    unit = f" {escape(node['unit'])}" if node["unit"] else ""
    told = {"label": label(node), "unit": unit, "bounds": node.get("bounds", "")}
    page.body.append(FIELDS[node["kind"]].format(**told))
    page.body.append(
        '<span class="pst-js-only"><button type="submit">Keep it, and look</button>'
        '<button type="button" hidden>Forget it</button></span>'
        '<p class="guess-said" aria-live="polite" aria-atomic="true"></p></form>'
    )


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(Guess, html=(visit_guess, depart_guess))
    app.add_transform(Predictions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
