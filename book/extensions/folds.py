"""What folded cells are called: the imports, and the outputs that answer a prediction.

MyST-NB folds by a cell's tag, and has one phrase for all. A folded input is a chapter's imports; a
folded output answers the prediction above it, and waits until the reader asks.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

# Of each way to fold a cell: what is said while it is folded, and while it is open.
PROMPTS = {
    "input": ("Imports", "Imports"),
    "output": ("Show what happened", "Hide it again"),
}


class NameFolds(SphinxPostTransform):
    default_priority = 198  # just before MyST-NB writes its own phrase (199)

    def run(self) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.get("hide_mode") in PROMPTS:
                cell["prompt_show"], cell["prompt_hide"] = PROMPTS[cell["hide_mode"]]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(NameFolds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
