"""How many bytes each process sends in one layer: a ring, a ring under a window, heads."""

import math

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, picture, text

OPTIONS = {
    "processes": (2, 4, 8, 16, 32, 64),
    "tokens": tuple(2**power for power in range(14, 21)),  # 16,384 to 1,048,576
    "key_heads": (1, 2, 4, 8, 16, 32),
}
HEADS, SIZE, BYTES, WINDOW = 32, 128, 2, 4096


class BytesSentView(View):
    """A curve for each way over the number of processes."""

    _esm = module("bytes_sent.js")
    _css = style("bytes_sent.css")
    options: "traitlets.Dict[str, list[int]]" = traitlets.Dict().tag(sync=True)
    constants: "traitlets.Dict[str, int]" = traitlets.Dict().tag(sync=True)
    processes = traitlets.Int().tag(sync=True)  # which of the options, for a slider
    tokens = traitlets.Int().tag(sync=True)
    key_heads = traitlets.Int().tag(sync=True)


def bytes_sent(processes: int = 8, tokens: int = 131_072, key_heads: int = 8) -> Panel:
    """What one process sends in the forward pass of one layer, of 32 query heads of 128, 16 bits.

    Raises ValueError for a choice that no control offers.
    """
    chosen = {"processes": processes, "tokens": tokens, "key_heads": key_heads}
    for name, value in chosen.items():
        if value not in OPTIONS[name]:
            raise ValueError(f"{name} must be one of {OPTIONS[name]}, got {value}")
    view = BytesSentView(
        options={name: list(options) for name, options in OPTIONS.items()},
        constants={"heads": HEADS, "size": SIZE, "bytes": BYTES, "window": WINDOW},
        **{name: OPTIONS[name].index(value) for name, value in chosen.items()},
    )
    controls = []
    for name, options in OPTIONS.items():
        control = ipywidgets.SelectionSlider(
            options=[f"{option:,}" for option in options],
            index=OPTIONS[name].index(chosen[name]),
            description=name.replace("_", " "),
        )
        ipywidgets.jslink((control, "index"), (view, name))
        controls.append(control)
    return Panel(
        controls,
        view,
        still=_still(sent(processes, tokens, key_heads)),
        call=f"bytes_sent({processes=}, {tokens=}, {key_heads=})",
    )


def sent(processes: int, tokens: int, key_heads: int) -> dict[str, float | None]:
    """Bytes by way: what the view computes in JavaScript."""
    share = tokens / processes
    keys = 2 * share * key_heads * SIZE * BYTES
    leaps = min(processes - 1, math.ceil((WINDOW - 1) / share))
    exchanged = share * (2 * HEADS + 2 * key_heads) * SIZE * BYTES
    divides = key_heads % processes == 0
    return {
        "ring": (processes - 1) * keys,
        "window": leaps * keys,
        "heads": (processes - 1) / processes * exchanged if divides else None,
    }


def _still(found: dict[str, float | None]) -> str:
    parts = [text(8, 20, "Sent by each process, per layer")]
    for line, (way, number) in enumerate(found.items()):
        words = "not possible" if number is None else f"{number / 1e6:,.1f} MB"
        color = COLORS["query" if way == "heads" else "key"]
        parts.append(text(8, 48 + 24 * line, f"{way}: {words}", color))
    return picture("Bytes sent by each process", 360, 108, parts)
