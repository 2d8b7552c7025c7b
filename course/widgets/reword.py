"""A live picture in another language: its controls, its names and its still picture.

Scripts are not touched: they are the same in every language, and speak by the words they are given.
What a picture is about stays as it is, such as the sentences of the translator.
"""

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Any

SHOWN = re.compile(r'(?P<before>aria-label="|<text[^>]*>)(?P<text>[^<"]+)')

Say = Callable[[str], str]


def reword_model(state: dict[str, Any], say: Say) -> None:
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
