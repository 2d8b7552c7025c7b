"""What a finished page keeps of its widgets: each one's state beside its view, scripts as files.

A notebook's saved state repeats each view's script and style, and says of every model what only a
kernel asks. On a page the scripts stand once per site, in files named for what is in them; the
state of a widget stands just before the tag of its view, so that page.js draws the widget as soon
as the reader's browser has read that far. A large value that a widget further up has as well, such
as a vocabulary, becomes {"sameAs": that widget's id}: two pictures of a kind weigh little more than
one.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from course.widgets._assets import EXPORT
from course.widgets.panel import VIEW_TYPE

STATE_TYPE = "application/vnd.jupyter.widget-state+json"
STATE = re.compile(rf'\s*<script type="{re.escape(STATE_TYPE)}">(.*?)</script>', re.DOTALL)
VIEW = re.compile(rf'<script type="{re.escape(VIEW_TYPE)}">(.*?)</script>', re.DOTALL)
REFERENCE = re.compile(r"IPY_MODEL_([0-9a-f]+)")
FOR_KERNELS = re.compile(r"_(?:model|view)_\w+|_anywidget_id|style|tooltip|tabbable")

LARGE = 500  # characters

Models = dict[str, dict[str, Any]]


def lean(page: str) -> tuple[str, dict[str, str]]:
    """The page with each widget's state beside its view, and the scripts of its views by file name.

    Raises ValueError for a view whose model is in no state of the page.
    """
    models: Models = {}
    for state in STATE.findall(page):
        models |= json.loads(state)["state"]
    scripts: dict[str, str] = {}
    for model in models.values():
        if "_esm" in model["state"]:
            name, script = view_script(model["state"].pop("_esm"), model["state"].pop("_css", ""))
            model["state"] |= {"view": name, "called": called(model["state"])}
            scripts[f"{name}.js"] = script
    groups = together(models)
    holders: dict[tuple[str, str], str] = {}

    def with_state(view: re.Match[str]) -> str:
        wanted = json.loads(view[1])["model_id"]
        if wanted not in groups:
            raise ValueError(f"the page holds no state for the widget {wanted}")
        group = list(groups[wanted])
        groups[wanted].clear()  # a second view of these models finds them read
        mine = {name: models[name] for name in group}
        return state_tag(once(mine, holders)) + view[0] if mine else view[0]

    return VIEW.sub(with_state, STATE.sub("", page)), scripts


def called(state: dict[str, Any]) -> str:
    """What a widget goes by in an address: `translate`, by its module `_translate`."""
    return str(state.get("_anywidget_id", "widget")).split(".")[-2:][0].strip("_")


def view_script(source: str, style: str) -> tuple[str, str]:
    """A view's module as a classic script, which works over file://, and the name it goes by.

    Raises ValueError for a source that does not end in one `export default`.
    """
    code, exports = re.subn(r"^export default ", "return ", source, flags=re.MULTILINE)
    if exports != 1:
        raise ValueError(f"a view exports one default, this one {exports}: {source[:60]}…")
    body = f"{{ style: {json.dumps(style)}, make() {{\n{EXPORT.sub('', code)}\n}} }};\n"
    name = f"view-{hashlib.sha256(body.encode()).hexdigest()[:12]}"
    return name, f'"use strict";\n(globalThis.attnViews ??= {{}})["{name}"] = {body}'


def together(models: Models) -> dict[str, list[str]]:
    """Of each model, the names of all that it is joined to by references, itself among them."""
    groups = {name: [name] for name in models}
    for name, model in models.items():
        for other in REFERENCE.findall(json.dumps(model["state"])):
            if groups[other] is not groups[name]:
                groups[name].extend(groups[other])
                for one in groups[other]:
                    groups[one] = groups[name]
    return groups


def once(models: Models, holders: dict[tuple[str, str], str]) -> Models:
    """The models, with a reference for each large value that one of the `holders` has."""
    for name, model in models.items():
        for key, value in model["state"].items():
            text = json.dumps(value)
            if len(text) < LARGE:
                continue
            holder = holders.setdefault((key, text), name)
            if holder != name:
                model["state"][key] = {"sameAs": holder}
    return models


def state_tag(models: Models) -> str:
    state = {"state": bare(models)}
    text = json.dumps(state, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="{STATE_TYPE}">{text}</script>'


def bare(models: Models) -> Models:
    """The models without what only a kernel asks: styles, and layouts that always show."""
    links = [model["state"] for model in models.values() if "source" in model["state"]]
    linked = REFERENCE.findall(json.dumps(links))

    def drawn(name: str, model: dict[str, Any]) -> bool:
        if model["model_name"] == "LayoutModel":
            return bool(model["state"].get("display")) or name in linked
        return not model["model_name"].endswith("StyleModel")

    kept = {name: model for name, model in models.items() if drawn(name, model)}
    return {name: bared(model, kept) for name, model in kept.items()}


def bared(model: dict[str, Any], kept: Mapping[str, object]) -> dict[str, Any]:
    """One model without its kernel's traits, and without a layout that is not kept."""
    state = {key: value for key, value in model["state"].items() if not FOR_KERNELS.fullmatch(key)}
    if model["model_name"] == "LayoutModel":
        state = {"display": state.get("display")}
    elif state.get("layout", "").removeprefix("IPY_MODEL_") not in kept:
        state.pop("layout", None)
    buffers = {"buffers": model["buffers"]} if model.get("buffers") else {}
    return {"model_name": model["model_name"], "state": state, **buffers}
