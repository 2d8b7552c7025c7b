"""What folded cells are called: the imports, and the outputs that answer a prediction.

MyST-NB folds by a cell's tag, and has one phrase for all. A folded input is a chapter's imports, or
code that only prepares or draws; a folded output answers the prediction above it, and waits until
the reader asks. It is written open, for readers without scripts, and first.js closes it. Under
the title stands a switch for all code (code.js): from the start, since what comes later moves the
page.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

# What is said while a cell is folded, and while it is open.
IMPORTS = ("Imports", "Imports")
PROMPTS = {
    "input": ("Show the code", "Hide the code"),
    "output": ("Show what happened", "Hide it again"),
}


CHOICES = {"": "what teaches", "all": "all", "none": "none"}
SWITCH = "".join(
    f'<label><input type="radio" name="code-switch" value="{choice}">{words}</label>'
    for choice, words in CHOICES.items()
)
OUTPUT = '<details class="admonition hide below-input"'
SWITCH = f'<fieldset class="code-switch pst-js-only"><legend>Show code:</legend>{SWITCH}</fieldset>'


class NameFolds(SphinxPostTransform):
    default_priority = 198  # just before MyST-NB writes its own phrase (199)

    def run(self) -> None:
        imports = True  # stand in the first folded input
        for cell in self.document.findall(nodes.container):
            mode = cell.get("hide_mode")
            if mode not in PROMPTS:
                continue
            prompts = IMPORTS if mode == "input" and imports else PROMPTS[mode]
            imports = imports and mode != "input"
            cell["prompt_show"], cell["prompt_hide"] = prompts


def put_switch(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object
) -> None:
    body = context.get("body", "")
    if body.count('<div class="cell_input ') > 1:
        context["body"] = body.replace("</h1>", f"</h1>{SWITCH}", 1)


def open_outputs(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object
) -> None:
    if "body" in context:
        context["body"] = context["body"].replace(OUTPUT, f"{OUTPUT} open")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", put_switch)
    app.connect("html-page-context", open_outputs)
    app.add_post_transform(NameFolds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
