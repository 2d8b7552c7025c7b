"""What pictures of one query and six random keys share: vectors, traits and controls."""

from typing import TypeVar

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from attnlib.scores import dot, scaled_dot
from course.widgets.controls import check_range
from course.widgets.panel import View

LARGEST = 256
SIZES = tuple(2**doublings for doublings in range(9))
KEYS = 6
SEED = 304  # one draw whose curves look like the average of many


class RandomKeysView(View):
    """A view of the vectors' first D = 2^doublings numbers, at a temperature, scaled or not."""

    query: traitlets.List[float] = traitlets.List().tag(sync=True)
    key: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    doublings = traitlets.Int().tag(sync=True)
    temperature = traitlets.Float().tag(sync=True)
    scaled = traitlets.Bool().tag(sync=True)


Kind = TypeVar("Kind", bound=RandomKeysView)


def with_controls(
    kind: type[Kind], size: int, temperature: float, scaled: bool, tempered: bool = True
) -> tuple[list[ipywidgets.Widget], Kind]:
    """Sliders of size and of temperature if `tempered`, the check box of √D, and their view.

    Raises ValueError for a size that is not 1, 2, 4, … 256 or a temperature outside 0.1 … 10.
    """
    if size not in SIZES:
        raise ValueError(f"size must be one of {SIZES}, got {size}")
    check_range("temperature", temperature, 0.1, 10)
    query, keys = vectors()
    view = kind(
        query=query.tolist(),
        key=keys.tolist(),
        doublings=SIZES.index(size),
        temperature=temperature,
        scaled=scaled,
    )
    sizes = ipywidgets.SelectionSlider(
        options=[(str(size), size) for size in SIZES], value=size, description="size D"
    )
    division = ipywidgets.Checkbox(value=scaled, description="divide by √D", indent=False)
    ipywidgets.jslink((sizes, "index"), (view, "doublings"))
    ipywidgets.jslink((division, "value"), (view, "scaled"))
    return [sizes, *([_temperatures(view)] if tempered else []), division], view


def _temperatures(view: RandomKeysView) -> ipywidgets.FloatLogSlider:
    temperatures = ipywidgets.FloatLogSlider(
        min=-1,
        max=1,
        step=0.05,
        value=view.temperature,
        description="temperature",
        readout_format=".2f",
    )
    ipywidgets.jslink((temperatures, "value"), (view, "temperature"))
    return temperatures


def vectors() -> tuple[Float[Tensor, " D"], Float[Tensor, "K D"]]:
    """One query and the keys: 256 numbers each from N(0, 1), rounded to two decimals."""
    generator = torch.Generator().manual_seed(SEED)
    drawn = torch.randn(1 + KEYS, LARGEST, generator=generator, dtype=torch.float64)
    rounded = drawn.mul(100).round() / 100
    return rounded[0], rounded[1:]


def scores_of(
    query: Float[Tensor, " D"], keys: Float[Tensor, "K D"], size: int, scaled: bool
) -> Float[Tensor, "1 1 1 K"]:
    """q·kᵀ, divided by √D when scaled, of the first `size` numbers."""
    score = scaled_dot if scaled else dot
    return score(query[None, None, None, :size], keys[None, None, :, :size])
