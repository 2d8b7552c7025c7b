"""The roofline: whether arithmetic or memory bounds attention, with and without tiles."""

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, picture, text

SIZE, BYTES = 64, 2
LENGTHS = [2**power for power in range(7, 17)]
BLOCKS = [2**power for power in range(4, 10)]


class RooflineView(View):
    """A machine's roof, and where attention stands under it in both ways."""

    _esm = module("roofline.js")
    _css = style("roofline.css")
    bandwidth = traitlets.Float().tag(sync=True)
    arithmetic = traitlets.Float().tag(sync=True)
    lengths: traitlets.List[int] = traitlets.List(LENGTHS).tag(sync=True)
    blocks: traitlets.List[int] = traitlets.List(BLOCKS).tag(sync=True)
    tokens = traitlets.Int().tag(sync=True)  # which of the lengths; so that a slider can be linked
    block = traitlets.Int().tag(sync=True)


def roofline(
    tokens: int = 4096, bandwidth: float = 1555.0, arithmetic: float = 312.0, block: int = 256
) -> Panel:
    """One head of 64 over so many tokens, in 16 bits, on a machine of the reader's choice.

    `bandwidth` in GB/s and `arithmetic` in TFLOP/s; those of an A100 stand there first. In tiles,
    `block` queries meet the keys together. The model is Williams et al.'s (2009): time =
    max(operations / arithmetic, bytes / bandwidth). Raises ValueError for tokens that are no power
    of 2 from 128 to 65536, a block that is none from 16 to 512, a bandwidth outside 10 … 10000 or
    an arithmetic outside 0.03 … 3000.
    """
    if tokens not in LENGTHS:
        raise ValueError(f"tokens must be a power of 2 from 128 to 65536, got {tokens}")
    if block not in BLOCKS:
        raise ValueError(f"block must be a power of 2 from 16 to 512, got {block}")
    check_range("bandwidth", bandwidth, 10, 10_000)
    check_range("arithmetic", arithmetic, 0.03, 3000)
    view = RooflineView(
        tokens=LENGTHS.index(tokens),
        block=BLOCKS.index(block),
        bandwidth=bandwidth,
        arithmetic=arithmetic,
    )
    count = ipywidgets.SelectionSlider(options=LENGTHS, value=tokens, description="tokens")
    together = ipywidgets.SelectionSlider(
        options=BLOCKS, value=block, description="queries per tile"
    )
    memory = ipywidgets.FloatLogSlider(
        min=1, max=4, step=0.05, value=bandwidth, description="memory (GB/s)", readout_format=".0f"
    )
    units = ipywidgets.FloatLogSlider(
        min=-1.5,
        max=3.5,
        step=0.05,
        value=arithmetic,
        description="arithmetic (TFLOP/s)",
        readout_format=".2f",
    )
    ipywidgets.jslink((count, "index"), (view, "tokens"))
    ipywidgets.jslink((together, "index"), (view, "block"))
    ipywidgets.jslink((memory, "value"), (view, "bandwidth"))
    ipywidgets.jslink((units, "value"), (view, "arithmetic"))
    return Panel(
        [count, together, memory, units],
        view,
        still=_still(tokens, block, bandwidth, arithmetic),
        call=f"roofline({tokens=}, {bandwidth=}, {arithmetic=}, {block=})",
    )


def costs(tokens: int, block: int) -> dict[str, tuple[int, int]]:
    """Operations, and bytes to and from memory, of one head in either way."""
    states, operations = tokens * SIZE, 4 * tokens**2 * SIZE
    passes = -(-tokens // block)
    return {
        "plain": (operations, BYTES * (4 * states + 4 * tokens**2)),
        "tiled": (operations, BYTES * (2 * states + 2 * states * passes)),
    }


def _still(tokens: int, block: int, bandwidth: float, arithmetic: float) -> str:
    parts = [text(8, 20, f"One head over {tokens} tokens")]
    for line, (name, (operations, moved)) in enumerate(costs(tokens, block).items()):
        took = max(operations / (1e12 * arithmetic), moved / (1e9 * bandwidth))
        words = f"{'scores in memory' if name == 'plain' else 'tiles'}: {1e6 * took:.1f} µs"
        parts.append(text(8, 48 + 24 * line, words, COLORS["key" if name == "plain" else "weight"]))
    return picture("Time by the roofline", 360, 84, parts)
