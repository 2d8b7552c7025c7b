"""The live pictures of a notebook in another language."""

from nbformat import NotebookNode

from course.widgets.reword import Say, reword_model, reworded

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


def reword(notebook: NotebookNode, say: Say) -> None:
    """Puts what `say` makes of each text in its place, in the notebook's panels."""
    for model in notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {}).values():
        reword_model(model.state, say)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if VIEW in data and "text/html" in data:
                data["text/html"] = reworded(data["text/html"], say)
