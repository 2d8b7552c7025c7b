"""RoPE's turns under position interpolation, NTK and YaRN: circles over the text, pair by pair."""

import math

import ipywidgets
import traitlets

from attnlib.positions import frequencies, interpolated, ntk_aware, yarn
from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, disc, line, picture, text

SCHEMES = ("as trained", "interpolated", "NTK-aware", "YaRN")
FACTORS = (1, 2, 4, 8, 16, 32)
BASES = (10_000, 100_000, 500_000, 1_000_000)
LENGTHS = (64, 512, 2048, 4096, 8192)
SIZE = 64  # of a head: 32 pairs
SLOW, FAST = 1.0, 32.0  # circles at which YaRN's ramp begins and ends


class RopeScalingsView(View):
    """A dot per pair: how many circles it turns over the longer text."""

    _esm = module("rope_scalings.js")
    _css = style("rope_scalings.css")
    scheme = traitlets.Int().tag(sync=True)
    factor = traitlets.Int().tag(sync=True)
    base = traitlets.Int().tag(sync=True)
    length = traitlets.Int().tag(sync=True)
    options: "traitlets.Dict[str, list[int]]" = traitlets.Dict().tag(sync=True)


def rope_scalings(
    scheme: str = "as trained", factor: int = 4, base: int = 100_000, length: int = 8192
) -> Panel:
    """Circles of 32 pairs over a text `factor` times as long as the trained `length`.

    Raises ValueError for a choice that no control offers.
    """
    chosen = {"scheme": scheme, "factor": factor, "base": base, "length": length}
    for name, value in chosen.items():
        if value not in OPTIONS[name]:
            raise ValueError(f"{name} must be one of {OPTIONS[name]}, got {value!r}")
    places = {name: OPTIONS[name].index(value) for name, value in chosen.items()}
    numbers = {name: list(OPTIONS[name]) for name in ("factor", "base", "length")}
    view = RopeScalingsView(options=numbers, **places)
    schemes = ipywidgets.ToggleButtons(options=SCHEMES, index=places["scheme"], description="turns")
    ipywidgets.jslink((schemes, "index"), (view, "scheme"))
    controls = [schemes]
    names = {"factor": "times as long", "base": "base", "length": "trained length"}
    for name, words in names.items():
        control = ipywidgets.SelectionSlider(
            options=[f"{option:,}" for option in OPTIONS[name]],
            index=places[name],
            description=words,
        )
        ipywidgets.jslink((control, "index"), (view, name))
        controls.append(control)
    return Panel(
        controls,
        view,
        still=still(scheme, factor, base, length),
        call=f"rope_scalings({scheme=}, {factor=}, {base=}, {length=})",
    )


OPTIONS: dict[str, tuple[str, ...] | tuple[int, ...]] = {
    "scheme": SCHEMES,
    "factor": FACTORS,
    "base": BASES,
    "length": LENGTHS,
}


def turns(scheme: str, factor: float, base: float, length: int) -> list[float]:
    """Radians per token of every pair, by attnlib: what the view computes in JavaScript."""
    found = {
        "as trained": lambda: frequencies(SIZE, base=base),
        "interpolated": lambda: interpolated(SIZE, factor=factor, base=base),
        "NTK-aware": lambda: ntk_aware(SIZE, factor=factor, base=base),
        "YaRN": lambda: yarn(
            SIZE, factor=factor, base=base, trained_length=length, slow=SLOW, fast=FAST
        ),
    }[scheme]()
    numbers: list[float] = found.tolist()
    return numbers


def still(scheme: str, factor: int, base: int, length: int) -> str:
    """The dots as they stand before anything is moved, on a scale of powers of ten."""
    title = f"Circles over {factor * length:,} tokens, {scheme}"
    bottom, left = 190, 40
    parts = [text(180, 16, title, anchor="middle")]
    for power in range(-2, 5):
        y = bottom - 24 * (power + 2)
        parts.append(line(left, y, 350, y, COLORS["line"]))
        parts.append(text(left - 4, y + 4, f"{10.0**power:,g}", COLORS["muted"], "end"))
    for pair, turn in enumerate(turns(scheme, factor, base, length)):
        circles = factor * length * turn / (2 * math.pi)
        height = 24 * (math.log10(max(circles, 0.01)) + 2)
        parts.append(disc(left + 8 + 9.6 * pair, bottom - height, 4))
    parts.append(text(180, bottom + 22, "pair", COLORS["muted"], "middle"))
    return picture(title, 360, bottom + 30, parts)
