"""Along an axis: which numbers of a table a sum, a mean or a softmax takes together."""

from typing import Any

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import numbers, picture, text

TABLE = ((2, 0, 1, 3), (1, 1, 4, 2), (0, 3, 1, 1))
OPERATIONS = ("sum", "mean", "softmax")
AXES = (0, -1)


class AlongAxisView(View):
    """The table, and beside it or below it the result; what one number of it is made of is lit."""

    _esm = module("along_axis.js")
    _css = style("number_table.css")
    table: traitlets.List[Any] = traitlets.List().tag(sync=True)
    operations: traitlets.List[str] = traitlets.List().tag(sync=True)
    operation = traitlets.Int().tag(sync=True)
    axis = traitlets.Int().tag(sync=True)
    chosen: traitlets.List[int] = traitlets.List().tag(sync=True)


def along_axis(operation: str = "sum", dim: int = -1, row: int = 0, column: int = 0) -> Panel:
    """The sum, mean or softmax of a table of 3 × 4 numbers along one axis, to be pressed.

    `row` and `column`, from 0, say whose result is opened. Raises ValueError for an operation or an
    axis that no control offers, and for a place outside the table.
    """
    if operation not in OPERATIONS:
        raise ValueError(f"operation must be one of {', '.join(OPERATIONS)}; got {operation!r}")
    if dim not in AXES:
        raise ValueError(f"dim must be 0 or -1, got {dim}")
    check_range("row", row, 0, len(TABLE) - 1)
    check_range("column", column, 0, len(TABLE[0]) - 1)
    view = AlongAxisView(
        table=[list(line) for line in TABLE],
        operations=list(OPERATIONS),
        operation=OPERATIONS.index(operation),
        axis=AXES.index(dim),
        chosen=[row, column],
    )
    what = ipywidgets.ToggleButtons(
        options=OPERATIONS, index=view.operation, description="operation"
    )
    where = ipywidgets.ToggleButtons(
        options=[f"dim={axis}" for axis in AXES], index=view.axis, description="along"
    )
    ipywidgets.jslink((what, "index"), (view, "operation"))
    ipywidgets.jslink((where, "index"), (view, "axis"))
    title = f"x.{operation}(dim={dim})"
    found = result(operation, dim)
    rows = found if found.ndim == 2 else found[:, None] if dim == -1 else found[None]
    parts = [
        text(8, 16, title),
        *numbers(8, 40, TABLE),
        *numbers(190, 40, rows.tolist(), 0 if operation == "sum" else 2),
    ]
    return Panel(
        [what, where],
        view,
        still=picture(title, 360, 110, parts),
        call=f"along_axis({operation=}, {dim=}, {row=}, {column=})",
    )


def result(operation: str, dim: int) -> Float[Tensor, "..."]:
    """The same by PyTorch."""
    table = torch.tensor(TABLE, dtype=torch.float64)
    found: Tensor = getattr(table, operation)(dim=dim)
    return found
