"""The `live-cell` directive: a widget from a stored notebook, alive on another page.

    ```{live-cell} book/landing.ipynb
    :number: 1
    ```

`number` counts the notebook's widgets from 1. The widget comes as it is stored: its state, its
still picture, and the script that draws it.
"""

import json
from pathlib import Path
from typing import ClassVar

import nbformat
from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


class LiveCell(SphinxDirective):
    required_arguments = 1
    option_spec: ClassVar = {"number": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        relative, absolute = self.env.relfn2path("/" + self.arguments[0])
        self.env.note_dependency(relative)
        notebook = nbformat.read(Path(absolute), as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        found = [out.data for cell in cells for out in cell.outputs if VIEW in out.get("data", {})]
        number = self.options.get("number", 1)
        if number > len(found):
            raise self.error(f"{relative} has {len(found)} widgets, not {number}")
        self.load_scripts(notebook.metadata.widgets[STATE])
        picture = found[number - 1].get("text/html", "")
        view = json.dumps(found[number - 1][VIEW])
        html = (
            f'<div class="attn-widget"><div class="attn-picture">{picture}</div>'
            f'<script type="{VIEW}">{view}</script></div>'
        )
        return [nodes.raw("", html, format="html")]

    def load_scripts(self, state: dict[str, object]) -> None:
        """What MyST-NB adds to a page with widgets: the saved state, and our page.js."""
        body = json.dumps(state).replace("</", r"<\/")
        scripts = [("state", None, {"type": STATE, "body": body})]
        for path, attributes in self.config.nb_ipywidgets_js.items():
            scripts.append((path, path, attributes))
        for key, path, attributes in scripts:
            NbMetadataCollector.add_js_file(self.env, self.env.docname, key, path, attributes)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("live-cell", LiveCell)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
