"""Runs every notebook in a fresh kernel and keeps its outputs: equal code gives equal files.

    make regenerate
    make regenerate NOTEBOOKS=notebooks/03_query_key_value.ipynb

What changes from run to run and means nothing is made steady: timestamps, progress bars and the
kernel's version go, and the random ids of widgets become numbers, in the order in which the widgets
were made. How long each chapter ran is noted in book/minutes.json.
"""

import json
import math
import re
import sys
import time
from pathlib import Path

import nbformat
from environment import ROOT
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
STATE = "application/vnd.jupyter.widget-state+json"
# The chapters, and the live pictures of other pages.
STORED = [*sorted(ROOT.glob("notebooks/*.ipynb")), *sorted(ROOT.glob("book/*.ipynb"))]
MINUTES = ROOT / "book" / "minutes.json"
# A progress bar is drawn over and over on one line; of a merged stream its last state is left.
PROGRESS = re.compile(r"[^\n]*(?:\r|\d+%\|)[^\n]*\n?")
ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


def execute(path: Path) -> NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    client = NotebookClient(
        notebook,
        timeout=2000,  # seconds for one cell, as nbval has: processors may be slow, or busy
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    return client.execute()


def steady(notebook: NotebookNode) -> NotebookNode:
    """The same notebook without what changes from run to run."""
    notebook.metadata.kernelspec = KERNEL
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = without_progress(cell.outputs)
    widgets = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    number = {model_id: f"{count:032x}" for count, model_id in enumerate(widgets)}
    text = ID.sub(lambda match: number.get(match[0], match[0]), json.dumps(notebook))
    return nbformat.from_dict(json.loads(text))


def without_progress(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The same outputs without the lines that are progress bars."""
    for output in outputs:
        if output.output_type == "stream":
            output.text = PROGRESS.sub("", output.text)
    return [output for output in outputs if output.get("text") != ""]


def regenerate(path: Path) -> None:
    notebook = steady(execute(path))
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def note(chapter: str, seconds: float, file: Path = MINUTES) -> None:
    """Keep how long one chapter ran, and what is known of the others: one chapter a line."""
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    known[chapter] = {"running_seconds": math.ceil(seconds)}
    lines = [f"  {json.dumps(name)}: {json.dumps(known[name])}" for name in sorted(known)]
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main(names: list[str]) -> int:
    paths = [Path(name).resolve() for name in names] or STORED
    for count, path in enumerate(paths, start=1):
        print(f"[{count}/{len(paths)}] {path.name} …", end=" ", flush=True)
        started = time.perf_counter()
        try:
            regenerate(path)
        except CellExecutionError as error:
            print(f"failed, and was left as it was:\n{error}")
            return 1
        seconds = time.perf_counter() - started
        if path.parent == ROOT / "notebooks":
            note(path.stem, seconds)
        print(f"{seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
