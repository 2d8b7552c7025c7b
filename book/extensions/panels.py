"""The live pictures of a notebook in another language: their controls, names and still pictures.

Scripts are not touched: they are the same on every page, and speak by the words that it loads.
What a picture is about stays as it is, such as the sentences of the translator.
"""

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Any

from nbformat import NotebookNode

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
SHOWN = re.compile(r'(?P<before>aria-label="|<text[^>]*>)(?P<text>[^<"]+)')

Say = Callable[[str], str]


def reword(notebook: NotebookNode, say: Say) -> None:
    """Puts what `say` makes of each text in its place, in the notebook's panels."""
    for model in notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {}).values():
        reword_model(model.state, say)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if VIEW in data and "text/html" in data:
                data["text/html"] = reworded(data["text/html"], say)


def reword_model(state: dict[str, object], say: Say) -> None:
    """A control's name and choices; what a view was given to call things by."""
    if "_options_labels" in state or "description" in state:
        state["description"] = say(state["description"]) if state["description"] else ""
    if state.get("placeholder"):
        state["placeholder"] = say(state["placeholder"])
    if "found" in state:
        state["found"] = {say(name): shares for name, shares in state["found"].items()}
    for names in ("_options_labels", "titles", "models", "readers", "scores"):
        if names in state and all(isinstance(name, str) for name in state[names]):
            state[names] = [say(name) for name in state[names]]
    if "texts" in state and "heaviest" in state:
        state["texts"] = [one | {"name": say(one["name"])} for one in state["texts"]]
    if "maps" in state and "chosen" in state:
        state["maps"] = [one | {"name": say(one["name"])} for one in state["maps"]]
    if {"places", "place", "steps"} <= state.keys():
        state["places"] = [reword_place(place, say) for place in state["places"]]


def reword_place(place: dict[str, Any], say: Say) -> dict[str, Any]:
    """A layer of the block: its name, its steps with what is said of them, and their vectors."""
    steps = [
        step
        | {name: say(step[name]) for name in ("title", "says")}
        | {"strips": [strip | {"name": say(strip["name"])} for strip in step["strips"]]}
        for step in place["steps"]
    ]
    return place | {"name": say(place["name"]), "steps": steps}


def reworded(picture: str, say: Say) -> str:
    """A still picture with its title and its texts."""
    return SHOWN.sub(lambda one: one["before"] + escape(say(unescape(one["text"]))), picture)
