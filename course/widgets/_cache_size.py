"""The size of a cache: what keys and values of a text weigh, for four ways of sharing them."""

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

LAYERS = (8, 16, 32, 64, 128)
HEADS = (8, 16, 32, 64, 128)
KEY_HEADS = (1, 2, 4, 8, 16)
TOKENS = tuple(2**power for power in range(10, 21))  # 1,024 to 1,048,576
SIZE = 128  # of a head
LATENT = 512 + 64  # of MLA: the shared vector and the key that turns
BYTES = 2  # 16 bits a number
GIB = 2**30


class CacheSizeView(View):
    """A bar for each way, in GiB, beside the memory of one graphics card."""

    _esm = module("cache_size.js")
    _css = style("cache_size.css")
    options: "traitlets.Dict[str, list[int]]" = traitlets.Dict().tag(sync=True)
    constants: "traitlets.Dict[str, int]" = traitlets.Dict().tag(sync=True)
    layers = traitlets.Int().tag(sync=True)
    heads = traitlets.Int().tag(sync=True)
    key_heads = traitlets.Int().tag(sync=True)
    tokens = traitlets.Int().tag(sync=True)


def cache_size(
    layers: int = 32, heads: int = 32, key_heads: int = 8, tokens: int = 32_768
) -> Panel:
    """GiB that the cache of a text takes in MHA, GQA, MQA and MLA, with heads of 128 numbers.

    2 · heads · 128 numbers per token and layer, of 2 bytes each; GQA keeps `key_heads` heads, MQA
    one, MLA 512 + 64 numbers. Raises ValueError for a choice that no control offers.
    """
    chosen = {"layers": layers, "heads": heads, "key_heads": key_heads, "tokens": tokens}
    for name, value in chosen.items():
        if value not in OPTIONS[name]:
            raise ValueError(f"{name} must be one of {OPTIONS[name]}, got {value}")
    places = {name: OPTIONS[name].index(value) for name, value in chosen.items()}
    view = CacheSizeView(
        options={name: list(options) for name, options in OPTIONS.items()},
        constants={"size": SIZE, "latent": LATENT, "bytes": BYTES},
        **places,
    )
    names = {"layers": "layers", "heads": "query heads", "key_heads": "key heads of GQA"}
    names["tokens"] = "tokens"
    controls = []
    for name, options in OPTIONS.items():
        control = ipywidgets.SelectionSlider(
            options=[f"{option:,}" for option in options],
            index=places[name],
            description=names[name],
        )
        ipywidgets.jslink((control, "index"), (view, name))
        controls.append(control)
    return Panel(
        controls,
        view,
        still=still(sizes(layers, heads, key_heads, tokens)),
        call=f"cache_size({layers=}, {heads=}, {key_heads=}, {tokens=})",
    )


OPTIONS = {"layers": LAYERS, "heads": HEADS, "key_heads": KEY_HEADS, "tokens": TOKENS}


def sizes(layers: int, heads: int, key_heads: int, tokens: int) -> dict[str, float]:
    """GiB by way: what the view computes in JavaScript. GQA has no more key heads than heads."""
    kept = {
        "MHA": 2 * heads * SIZE,
        "GQA": 2 * min(key_heads, heads) * SIZE,
        "MQA": 2 * SIZE,
        "MLA": LATENT,
    }
    return {way: numbers * layers * tokens * BYTES / GIB for way, numbers in kept.items()}


def still(found: dict[str, float]) -> str:
    """The bars as they stand before anything is moved."""
    parts = [text(180, 16, "What the cache of one text takes, in GiB", anchor="middle")]
    for row, (way, size) in enumerate(found.items()):
        y = 32 + 26 * row
        parts += [
            text(60, y + 15, way, anchor="end"),
            bar(70, y + 2, max(1, 220 * size / found["MHA"]), 18, COLORS["key"]),
            text(354, y + 15, f"{size:.2f}", anchor="end"),
        ]
    return picture("What the cache of one text takes", 360, 144, parts)
