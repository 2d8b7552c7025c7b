"""What every widget is: ipywidgets controls, a view in JavaScript, and a still picture."""

from collections.abc import Sequence
from typing import Any

import anywidget
import ipywidgets
from safetensors import SafetensorError

from course.widgets._assets import ASSETS, asset_bytes
from course.widgets.language import put_into_words, speaking, spoken
from course.widgets.reword import reworded

VIEW_TYPE = "application/vnd.jupyter.widget-view+json"


class View(anywidget.AnyWidget):
    """A picture drawn in JavaScript. A subclass gives `_esm`, `_css` and its traits.

    A view that asks for a large file with `asset(model, name)` is sent it here; it is no trait,
    so it is never saved in the notebook. On the built page, page.js answers instead.
    """

    _esm: str

    def __init__(self, **traits: Any) -> None:
        self._esm = speaking(self._esm)
        super().__init__(**traits)
        self.on_msg(self._send_asset)

    def _send_asset(self, _: Any, message: dict[str, str], __: Any) -> None:
        if message.get("kind") != "asset":
            return
        name = message["name"]
        answer = {"kind": "asset", "name": name}
        try:
            self.send(answer, buffers=[asset_bytes(name, ASSETS[name])])
        except (OSError, SafetensorError) as error:
            self.send(answer | {"error": str(error)})


class Panel(ipywidgets.VBox):
    """Controls above a view. `still` is the SVG shown where no script runs; `call` the repr.

    The controls in `more` stand below the view, folded: what a reader need not know at first.
    """

    def __init__(
        self,
        controls: Sequence[ipywidgets.Widget],
        view: View,
        *,
        still: str,
        call: str,
        more: Sequence[ipywidgets.Widget] = (),
    ) -> None:
        folds = [ipywidgets.Accordion([row_of(more)], titles=("More",))] if more else []
        super().__init__([row_of(controls), view, *folds])
        self.controls, self.view, self.still, self.call = (*controls, *more), view, still, call
        if words := spoken():
            put_into_words(self, words)
            self.still = reworded(still, words.in_picture)

    def __repr__(self) -> str:
        return self.call

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"text/plain": repr(self), "text/html": self.still, VIEW_TYPE: view}


def row_of(controls: Sequence[ipywidgets.Widget]) -> ipywidgets.HBox:
    """Controls side by side, as far as there is room."""
    for control in controls:
        control.style.description_width = "initial"
    row = ipywidgets.HBox(list(controls))
    row.layout.flex_flow = "row wrap"
    return row
