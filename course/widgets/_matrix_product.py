"""The matrix product: which row and which column make each of its numbers, and what `.mT` turns."""

from typing import Any

import ipywidgets
import torch
import traitlets
from torch import Tensor

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import numbers, picture, text

FIRST = ((1, 0, 2), (0, 3, 1))
ROWS = ((1, 2, 0), (0, 1, 1), (3, 0, 1), (1, 1, 2))
COLUMNS = tuple(zip(*ROWS, strict=True))
SECONDS = {(4, 3): ROWS, (3, 4): COLUMNS}
PRODUCTS = ("a @ b", "a @ b.mT")


class MatrixProductView(View):
    """Both matrices and their product; the row and the column behind one number of it are lit."""

    _esm = module("matrix_product.js")
    _css = style("number_table.css")
    first: traitlets.List[Any] = traitlets.List().tag(sync=True)
    seconds: traitlets.List[Any] = traitlets.List().tag(sync=True)
    second = traitlets.Int().tag(sync=True)
    turn = traitlets.Int().tag(sync=True)
    chosen: traitlets.List[int] = traitlets.List().tag(sync=True)


def matrix_product(
    transposed: bool = False, shape: tuple[int, int] = (3, 4), row: int = 0, column: int = 1
) -> Panel:
    """`a @ b`, or `a @ b.mT`, of a (2, 3) and a b of this shape, or that PyTorch refuses.

    `row` and `column`, from 0, say which number of the product is opened. Raises ValueError for a
    shape that no control offers, and for a place outside the product.
    """
    if shape not in SECONDS:
        raise ValueError(f"shape must be one of {tuple(SECONDS)}, got {shape}")
    check_range("row", row, 0, len(FIRST) - 1)
    check_range("column", column, 0, len(ROWS) - 1)
    view = MatrixProductView(
        first=[list(line) for line in FIRST],
        seconds=[[list(line) for line in rows] for rows in SECONDS.values()],
        second=list(SECONDS).index(shape),
        turn=int(transposed),
        chosen=[row, column],
    )
    what = ipywidgets.ToggleButtons(options=PRODUCTS, index=view.turn, description="product")
    which = ipywidgets.ToggleButtons(
        options=[str(one) for one in SECONDS], index=view.second, description="shape of b"
    )
    ipywidgets.jslink((what, "index"), (view, "turn"))
    ipywidgets.jslink((which, "index"), (view, "second"))
    title = f"{PRODUCTS[transposed]}, a (2, 3), b {shape}"
    found = product(transposed, shape)
    parts = [text(8, 16, title), *numbers(0, 40, FIRST), *numbers(120, 40, SECONDS[shape])]
    if found is not None:
        parts += numbers(120 + 40 * shape[1], 40, found.tolist())
    return Panel(
        [what, which],
        view,
        still=picture(title, 440, 124, parts),
        call=f"matrix_product({transposed=}, {shape=}, {row=}, {column=})",
    )


def product(transposed: bool, shape: tuple[int, int]) -> Tensor | None:
    """The same by PyTorch; None where it refuses."""
    first, second = torch.tensor(FIRST), torch.tensor(SECONDS[shape])
    try:
        return first @ (second.mT if transposed else second)
    except RuntimeError:
        return None
