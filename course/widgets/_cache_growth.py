"""A cache that grows with every token, by layer and head: SmolLM2's, and what it would be else."""

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

LAYERS, HEADS, KEY_HEADS, SIZE = 30, 9, 3, 64  # SmolLM2's
LATENT, TURNING = 4 * SIZE, SIZE // 2  # DeepSeek-V2's proportions
WEIGHTS = 134_515_008
MOST, STEP = 8192, 256
BYTES = 2
WINDOW, EVERY = 1024, 6  # Gemma 3's: one layer in six sees everything
WAYS = ("MHA", "GQA", "MQA", "MLA")


class CacheGrowthView(View):
    """A row per layer, as high as there are tokens; in it key heads and value heads, to scale."""

    _esm = module("cache_growth.js")
    _css = style("cache_growth.css")
    sizes: "traitlets.Dict[str, int]" = traitlets.Dict().tag(sync=True)
    ways: traitlets.List[str] = traitlets.List().tag(sync=True)
    way = traitlets.Int().tag(sync=True)
    tokens = traitlets.Int().tag(sync=True)
    windows = traitlets.Bool().tag(sync=True)


def cache_growth(tokens: int = 2048, way: str = "GQA", windows: bool = False) -> Panel:
    """SmolLM2's cache after so many tokens, kept in one of four ways, in 16 bits.

    `windows`: five layers of six keep the last 1024 tokens only. Raises ValueError for more than
    8192 tokens, or a way that is none of MHA, GQA, MQA, MLA.
    """
    check_range("tokens", tokens, 0, MOST)
    if way not in WAYS:
        raise ValueError(f"way must be one of {WAYS}, got {way!r}")
    view = CacheGrowthView(
        sizes={
            "layers": LAYERS,
            "heads": HEADS,
            "keyHeads": KEY_HEADS,
            "size": SIZE,
            "latent": LATENT,
            "turning": TURNING,
            "bytes": BYTES,
            "most": MOST,
            "weights": WEIGHTS,
            "window": WINDOW,
            "every": EVERY,
        },
        ways=list(WAYS),
        way=WAYS.index(way),
        tokens=tokens,
        windows=windows,
    )
    length = ipywidgets.IntSlider(
        min=0, max=MOST, step=STEP, value=tokens, description="tokens read"
    )
    choice = ipywidgets.ToggleButtons(options=WAYS, index=WAYS.index(way), description="kept by")
    local = ipywidgets.Checkbox(
        value=windows, description=f"five layers of six keep {WINDOW:,} tokens only"
    )
    ipywidgets.jslink((length, "value"), (view, "tokens"))
    ipywidgets.jslink((choice, "index"), (view, "way"))
    ipywidgets.jslink((local, "value"), (view, "windows"))
    return Panel(
        [length, choice, local],
        view,
        still=_still(tokens, windows),
        call=f"cache_growth({tokens=}, {way=}, {windows=})",
    )


def kept(way: str) -> int:
    """Numbers that a layer keeps of a token."""
    heads = {"MHA": HEADS, "GQA": KEY_HEADS, "MQA": 1}
    return LATENT + TURNING if way == "MLA" else 2 * heads[way] * SIZE


def held(layer: int, tokens: int, windows: bool) -> int:
    """Of how many tokens a layer keeps something: every sixth of all, the others of a window."""
    everything = not windows or layer % EVERY == EVERY - 1
    return tokens if everything else min(tokens, WINDOW)


def megabytes(way: str, tokens: int, windows: bool) -> float:
    """Of all layers, in millions of bytes."""
    rows = sum(held(layer, tokens, windows) for layer in range(LAYERS))
    return rows * kept(way) * BYTES / 1e6


def _still(tokens: int, windows: bool) -> str:
    """The four ways as bars."""
    title = f"The cache of SmolLM2 after {tokens:,} tokens, in MB"
    parts = [text(180, 16, title, anchor="middle")]
    longest = max(megabytes("MHA", tokens, windows), 1e-9)
    for row, way in enumerate(WAYS):
        y, size = 32 + 26 * row, megabytes(way, tokens, windows)
        parts += [
            text(60, y + 15, way, anchor="end"),
            bar(70, y + 2, max(1, 220 * size / longest), 18, COLORS["key"]),
            text(354, y + 15, f"{size:.1f}", anchor="end"),
        ]
    return picture(title, 360, 144, parts)
