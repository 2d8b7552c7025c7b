"""Where a ViT looks on a held-out digit, which class it gives, and what blanked patches change."""

from typing import Any

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from attnlib import record_attention
from attnlib.models.vit import ViT
from course import checkpoints
from course.data import digits
from course.digits.networks import (
    CLASSES,
    HEADS,
    LAYERS,
    PATCH,
    SIDE,
)
from course.widgets._assets import module, style
from course.widgets.controls import check_head, check_range, head_line, head_menu, layer_menu
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, picture, text

CHECKPOINT = "digits_vit"
# Two of each digit, from 0 to 9, among the held-out ones; the model misreads some second ones.
PICTURES = (0, 286, 11, 1, 2, 12, 3, 345, 4, 324, 5, 15, 6, 274, 7, 44, 8, 122, 19, 125)
ACROSS = SIDE // PATCH
PLACES = ["[class]"] + [
    f"row {row}, column {column}" for row in range(1, ACROSS + 1) for column in range(1, ACROSS + 1)
]


class WhereItLooksView(View):
    """The digit with its patches to press, the map of one query, and a bar a class."""

    _esm = module("where_it_looks.js")
    _css = style("where_it_looks.css")
    pictures: traitlets.List[Any] = traitlets.List().tag(sync=True)
    labels: traitlets.List[int] = traitlets.List().tag(sync=True)
    shape: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)
    weights = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Int().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    place = traitlets.Int().tag(sync=True)
    off: traitlets.List[int] = traitlets.List().tag(sync=True)


def where_it_looks(
    picture: int = 6, layer: int = 2, head: int | None = None, place: int = 0
) -> Panel:
    """The trained ViT on a digit the reader picks: attention by layer, head and query, and classes.

    `picture` counts the prepared digits from 0, `layer` and `head` likewise; without a head it is
    the average of all. `place` 0 is [class], then the patches row after row. Raises ValueError for
    what is not there.
    """
    model: ViT = checkpoints.load("digits_vit")
    check_range("picture", picture, 0, len(PICTURES) - 1)
    check_range("layer", layer, 0, LAYERS - 1)
    check_head(head, HEADS)
    check_range("place", place, 0, len(PLACES) - 1)
    chosen = digits.load().test.take(torch.tensor(PICTURES))
    view = WhereItLooksView(
        pictures=[one.mul(digits.INK).int().tolist() for one in chosen.images.flatten(1)],
        labels=chosen.labels.tolist(),
        shape={"heads": HEADS, "layers": LAYERS, "side": SIDE, "patch": PATCH},
        weights=CHECKPOINT,
        picture=picture,
        layer=layer,
        head=head_line(head),
        place=place,
    )
    pictures = ipywidgets.Dropdown(options=names(chosen.labels), index=picture, description="digit")
    layer_choice = layer_menu(LAYERS, layer)
    head_choice = head_menu(HEADS, head)
    places = ipywidgets.SelectionSlider(options=PLACES, index=place, description="looking from")
    for control, trait in (
        (pictures, "picture"),
        (layer_choice, "layer"),
        (head_choice, "head"),
        (places, "place"),
    ):
        ipywidgets.jslink((control, "index"), (view, trait))
    probabilities, weights = look(model, chosen.images[picture], layer, head, place)
    return Panel(
        [pictures, layer_choice, head_choice, places],
        view,
        still=still(chosen.images[picture, 0], weights, probabilities, place),
        call=f"where_it_looks({picture=}, {layer=}, {head=}, {place=})",
    )


def names(labels: Tensor) -> list[str]:
    """What each picture is called: a 3, another 3, …"""
    seen = [0] * CLASSES
    named = []
    for label in labels.tolist():
        seen[label] += 1
        named.append(f"a {label}" if seen[label] == 1 else f"another {label}")
    return named


@torch.no_grad()
def look(
    model: ViT, image: Float[Tensor, "1 8 8"], layer: int, head: int | None, place: int
) -> tuple[Float[Tensor, " classes"], Float[Tensor, " 17"]]:
    """Probabilities of the classes and the weights of one query: what the view computes."""
    with record_attention(model) as maps:
        probabilities = model(image[None])[0].softmax(dim=-1)
    weights = maps[f"layers.{layer}.self_attention"].weights[0]
    return probabilities, (weights.mean(dim=0) if head is None else weights[head])[place]


def still(
    image: Float[Tensor, "8 8"],
    weights: Float[Tensor, " 17"],
    probabilities: Float[Tensor, " classes"],
    place: int,
) -> str:
    """The digit, its patches tinted by weight, and what is read, before anything is touched."""
    title = f"Read as {int(probabilities.argmax())}; where {PLACES[place]} looks"
    pixel, top, right = 18, 30, 190
    parts = [text(180, 16, title, anchor="middle")]
    highest = float(weights[1:].max())
    for number, weight in enumerate(weights[1:].tolist()):
        row, column = divmod(number, ACROSS)
        side = PATCH * pixel
        corner = f'x="{right + column * side}" y="{top + row * side}"'
        fill = f"fill:{COLORS['weight']};fill-opacity:{0.7 * weight / highest:.2f}"
        parts.append(f'<rect {corner} width="{side}" height="{side}" style="{fill}"/>')
    for y, row_of_ink in enumerate(image.tolist()):
        for x, ink in enumerate(row_of_ink):
            for left, shade in ((20, ink), (right, 0.2 * ink)):
                corner = f'x="{left + x * pixel}" y="{top + y * pixel}"'
                fill = f"fill:currentColor;fill-opacity:{shade:.2f}"
                parts.append(f'<rect {corner} width="{pixel}" height="{pixel}" style="{fill}"/>')
    return picture(title, 360, 184, parts)
