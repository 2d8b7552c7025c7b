"""A key in few bits: what comes back of each number, with one scale or one per channel."""

import ipywidgets
import torch
import traitlets
from torch import Tensor

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, picture, text

KEY = (0.42, -0.91, 0.18, 1.0, -0.53, 0.74, -0.22, 0.88)  # one token's, of eight channels
LARGE = 3  # the channel that may be large in every token
FEWEST, MOST = 2, 8  # bits
LARGEST = 11.0


class FewBitsView(View):
    """A row per channel: the number, and what comes back, on the channel's own axis."""

    _esm = module("few_bits.js")
    _css = style("few_bits.css")
    key_numbers: traitlets.List[float] = traitlets.List().tag(sync=True)
    large = traitlets.Int().tag(sync=True)
    bits = traitlets.Int().tag(sync=True)
    size = traitlets.Float().tag(sync=True)
    per_channel = traitlets.Bool().tag(sync=True)


def few_bits(bits: int = 4, size: float = 11.0, per_channel: bool = False) -> Panel:
    """A key of eight channels, one of them `size` times as large as the others, in `bits` bits.

    kept = round(x / s), and s · kept comes back: s = max|x| / (2^(bits − 1) − 1), the maximum over
    the token's numbers or, `per_channel`, over what the channel has in all tokens. Raises
    ValueError for bits outside 2 … 8 or a size outside 1 … 11.
    """
    check_range("bits", bits, FEWEST, MOST)
    check_range("size", size, 1, LARGEST)
    view = FewBitsView(
        key_numbers=list(KEY), large=LARGE, bits=bits, size=size, per_channel=per_channel
    )
    count = ipywidgets.IntSlider(min=FEWEST, max=MOST, value=bits, description="bits")
    outlier = ipywidgets.FloatSlider(
        min=1, max=LARGEST, step=0.5, value=size, description="size of channel 3"
    )
    scales = ipywidgets.Checkbox(value=per_channel, description="a scale per channel")
    ipywidgets.jslink((count, "value"), (view, "bits"))
    ipywidgets.jslink((outlier, "value"), (view, "size"))
    ipywidgets.jslink((scales, "value"), (view, "per_channel"))
    return Panel(
        [count, outlier, scales],
        view,
        still=_still(bits, size, per_channel),
        call=f"few_bits({bits=}, {size=}, {per_channel=})",
    )


def exact(size: float) -> Tensor:
    """The key, its large channel of that size."""
    key = torch.tensor(KEY, dtype=torch.float64)
    key[LARGE] *= size
    return key


def back(bits: int, size: float, per_channel: bool) -> Tensor:
    """What comes back. A channel's largest number in all tokens is 1, or the size for the large."""
    key = exact(size)
    largest = torch.ones_like(key)
    largest[LARGE] = size
    scale = (largest if per_channel else key.abs().max()) / (2 ** (bits - 1) - 1)
    return (key / scale).round() * scale


def _still(bits: int, size: float, per_channel: bool) -> str:
    """Each number, and what comes back."""
    title = f"A key in {bits} bits: each number and what comes back"
    parts = [text(180, 16, title, anchor="middle")]
    both = zip(exact(size).tolist(), back(bits, size, per_channel).tolist(), strict=True)
    for channel, (number, returned) in enumerate(both):
        y = 44 + 20 * channel
        parts.append(text(110, y, f"channel {channel}", COLORS["muted"], "end"))
        for x, told, color in ((190, number, COLORS["key"]), (260, returned, COLORS["weight"])):
            parts.append(text(x, y, f"{told:.2f}".replace("-", "−"), color, "end"))
    return picture(title, 360, 56 + 20 * len(KEY), parts)
