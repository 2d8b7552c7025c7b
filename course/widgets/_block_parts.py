"""The block with its parts exchanged: what each costs in parameters and in the cache."""

from collections.abc import Sequence

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

SIZES = {"words": 49_152, "size": 576, "heads": 9, "layers": 30, "wide": 2304, "longest": 8192}
NORMS = ("LayerNorm", "RMSNorm")
FEEDS = ("gelu", "SwiGLU")
PLACES = ("a learned table", "rotary")
KEY_HEADS = (9, 3, 1)
SWITCHES = ("norm", "feed", "places", "shared", "qk_norm", "biases", "tied")


class BlockPartsView(View):
    """A bar of parameters per part, the sums, and whose block this is."""

    _esm = module("block_parts.js")
    _css = style("block_parts.css")
    sizes = traitlets.Dict().tag(sync=True)
    norm = traitlets.Int().tag(sync=True)
    feed = traitlets.Int().tag(sync=True)
    places = traitlets.Int().tag(sync=True)
    shared = traitlets.Int().tag(sync=True)
    qk_norm = traitlets.Bool().tag(sync=True)
    biases = traitlets.Bool().tag(sync=True)
    tied = traitlets.Bool().tag(sync=True)


def block_parts(
    norm: int = 0,
    feed: int = 0,
    places: int = 0,
    shared: int = 0,
    *,
    qk_norm: bool = False,
    biases: bool = True,
    tied: bool = True,
) -> Panel:
    """SmolLM2's sizes, with the parts of GPT-2 at first: each may be exchanged.

    `norm`, `feed` and `places` choose from NORMS, FEEDS and PLACES, `shared` from KEY_HEADS.
    Raises ValueError when there is no such choice.
    """
    chosen = {"norm": norm, "feed": feed, "places": places, "shared": shared}
    for name, choices in (("norm", 2), ("feed", 2), ("places", 2), ("shared", len(KEY_HEADS))):
        check_range(name, chosen[name], 0, choices - 1)
    view = BlockPartsView(sizes=SIZES, **chosen, qk_norm=qk_norm, biases=biases, tied=tied)
    menus: dict[str, tuple[str, Sequence[str]]] = {
        "norm": ("norm", NORMS),
        "feed": ("feed forward", FEEDS),
        "places": ("positions", PLACES),
        "shared": ("key heads for 9", list(map(str, KEY_HEADS))),
    }
    boxes = {"qk_norm": "QK-norm", "biases": "biases", "tied": "one table for both ends"}
    controls: list[ipywidgets.Widget] = []
    for trait, (description, options) in menus.items():
        menu = ipywidgets.Dropdown(
            options=list(options), index=chosen[trait], description=description
        )
        ipywidgets.jslink((menu, "index"), (view, trait))
        controls.append(menu)
    for trait, description in boxes.items():
        box = ipywidgets.Checkbox(value=getattr(view, trait), description=description, indent=False)
        ipywidgets.jslink((box, "value"), (view, trait))
        controls.append(box)
    return Panel(
        controls,
        view,
        still=still(norm, feed, places, KEY_HEADS[shared], qk_norm, biases, tied),
        call=f"block_parts({norm=}, {feed=}, {places=}, {shared=}, {qk_norm=}, {biases=}, {tied=})",
    )


def counts(
    norm: int, feed: int, places: int, key_heads: int, qk_norm: bool, biases: bool, tied: bool
) -> dict[str, int]:
    """Parameters of each part, all layers together."""
    words, size, heads, layers, wide, longest = SIZES.values()
    head = size // heads
    narrow = key_heads * head
    added = int(biases)
    norms = size * (1 if norm else 1 + added)
    hidden = wide * 2 // 3 if feed else wide
    matrices = 3 if feed else 2
    return {
        "table of tokens": words * size,
        "table of places": 0 if places else longest * size,
        "query and output": layers * 2 * (size * size + added * size),
        "key and value": layers * 2 * (size * narrow + added * narrow),
        "QK-norm": layers * 2 * head if qk_norm else 0,
        "feed forward": layers
        * (matrices * size * hidden + added * ((matrices - 1) * hidden + size)),
        "norms": (2 * layers + 1) * norms,
        "second table": 0 if tied else words * size,
    }


def still(*chosen: int) -> str:
    """A bar per part."""
    top, step = 32, 24
    found = counts(*chosen)  # type: ignore[arg-type]
    longest = max(found.values())
    parts = [text(180, 16, f"{sum(found.values()) / 1e6:.1f} million parameters", anchor="middle")]
    for row, (name, count) in enumerate(found.items()):
        y = top + step * row
        parts += [
            text(120, y + 15, name, COLORS["muted"], "end"),
            bar(128, y + 3, 160 * count / longest, 16, COLORS["weight"]),
            text(354, y + 15, f"{count / 1e6:.2f} M", anchor="end"),
        ]
    return picture("Parameters of each part", 360, top + step * len(found) + 8, parts)
