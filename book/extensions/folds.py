"""What folded cells are called: the imports, and the outputs that answer a prediction.

MyST-NB folds by a cell's tag, and has one phrase for all. A folded input is a chapter's imports, or
code that only prepares or draws; a folded output answers the prediction above it, and waits until
the reader asks.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

# What is said while a cell is folded, and while it is open.
IMPORTS = ("Imports", "Imports")
PROMPTS = {
    "input": ("Show the code", "Hide the code"),
    "output": ("Show what happened", "Hide it again"),
}


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


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(NameFolds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
