"""The state matrix: a few keys and values written into a 3 × 3 state, token by token, and read."""

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from attnlib.linear import gated_delta, gated_linear
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

KEYS = {"cat": [1.0, 0.0, 0.0], "dog": [0.0, 0.0, 1.0], "kitten": [0.8, 0.6, 0.0]}
NAMES, PLACES = list(KEYS), ["mat", "rug", "bed"]
TOLD = [("cat", "mat"), ("dog", "rug"), ("kitten", "bed"), ("cat", "rug")]


class StateMatrixView(View):
    """The tokens, the state with the key beside it, and what a question reads from it."""

    _esm = module("state_matrix.js")
    _css = style("state_matrix.css")
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    places: traitlets.List[str] = traitlets.List().tag(sync=True)
    key: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    told: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    decay = traitlets.Float().tag(sync=True)
    delta = traitlets.Bool().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    asked = traitlets.Int().tag(sync=True)
    cell = traitlets.Int().tag(sync=True)


def state_matrix(
    step: int = 1, decay: float = 1.0, delta: bool = False, asked: str = "cat"
) -> Panel:
    """Four tokens written into a state one after the other, and a key to ask it for.

    S ← γS, then S ← S + k vᵀ, or by the delta rule S ← S + k (v − Sᵀk)ᵀ. Raises ValueError for a
    step outside 0 … 4, a decay outside 0.5 … 1 or a key that there is not.
    """
    check_range("step", step, 0, len(TOLD))
    check_range("decay", decay, 0.5, 1)
    if asked not in NAMES:
        raise ValueError(f"asked must be one of {NAMES}, got {asked!r}")
    view = StateMatrixView(
        names=NAMES,
        places=PLACES,
        key=list(KEYS.values()),
        told=[[NAMES.index(name), PLACES.index(place)] for name, place in TOLD],
        decay=decay,
        delta=delta,
        step=step,
        asked=NAMES.index(asked),
    )
    tokens = ipywidgets.IntSlider(min=0, max=len(TOLD), value=step, description="tokens read")
    keep = ipywidgets.FloatSlider(
        min=0.5, max=1, step=0.05, value=decay, description="kept per token γ", readout_format=".2f"
    )
    rule = ipywidgets.Checkbox(value=delta, description="delta rule: erase first", indent=False)
    ask = ipywidgets.ToggleButtons(options=NAMES, value=asked, description="ask for")
    for control, name, trait in (
        (tokens, "value", "step"),
        (keep, "value", "decay"),
        (rule, "value", "delta"),
        (ask, "index", "asked"),
    ):
        ipywidgets.jslink((control, name), (view, trait))
    state = states(decay, delta=delta)[step]
    return Panel(
        [tokens, keep, rule, ask],
        view,
        still=still(state, asked),
        call=f"state_matrix({step=}, {decay=}, {delta=}, {asked=})",
    )


def states(decay: float, *, delta: bool) -> Float[Tensor, "steps D Dv"]:
    """The state before the first token and after each: what the view computes in JavaScript."""
    key = torch.tensor([KEYS[name] for name, _ in TOLD], dtype=torch.float64)[None, None]
    value = torch.eye(len(PLACES), dtype=torch.float64)
    value = value[[PLACES.index(place) for _, place in TOLD]][None, None]
    log_decay = torch.full((1, 1, len(TOLD)), decay, dtype=torch.float64).log()
    found = [torch.zeros(1, 1, key.shape[3], value.shape[3], dtype=torch.float64)]
    for t in range(len(TOLD)):
        k, v, g = (x[:, :, t : t + 1] for x in (key, value, log_decay))
        if delta:
            _, state = gated_delta.recurrent(k, k, v, g, torch.ones_like(g), state=found[-1])
        else:
            _, state = gated_linear.recurrent(k, k, v, g, state=found[-1])
        found.append(state)
    return torch.cat(found)[:, 0]


def still(state: Float[Tensor, "D Dv"], asked: str) -> str:
    """The state as it stands before anything is moved, and what it answers."""
    left, top, wide, tall = 110, 52, 72, 30
    parts = [text(180, 16, "A state: row = channel of the key", anchor="middle")]
    for column, place in enumerate(PLACES):
        parts.append(text(left + wide * (column + 0.5), 40, place, COLORS["value"], "middle"))
    for row, numbers in enumerate(state.tolist()):
        y = top + tall * row
        parts.append(text(left - 12, y + 18, f"row {row}", COLORS["key"], "end"))
        for column, number in enumerate(numbers):
            x = left + wide * column
            parts.append(bar(x, y, wide - 4, tall - 4, COLORS["line"]))
            parts.append(text(x + wide / 2 - 2, y + 18, f"{number:.2f}", anchor="middle"))
    answer = torch.tensor(KEYS[asked], dtype=torch.float64) @ state
    bottom = top + tall * len(state) + 18
    parts.append(text(left - 12, bottom, f"asked: {asked}", COLORS["query"], "end"))
    for column, number in enumerate(answer.tolist()):
        middle = left + wide * (column + 0.5) - 2
        parts.append(text(middle, bottom, f"{number:.2f}", COLORS["value"], "middle"))
    return picture("A state of three keys and three values", 360, bottom + 14, parts)
