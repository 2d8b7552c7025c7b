"""The lines that how_to_use.md prints for a notebook in the cloud, in a live kernel, as printed."""

import json
import os
import re
import shutil
import subprocess

import nbformat
from environment import ROOT
from jupyter_client.manager import start_new_kernel

HERE = "https://example.org/someone/attention"
NOT_CLONED = shutil.ignore_patterns(".*", "_build", "__pycache__", "*.egg-info", "shared")
# The chapters' first cells, each in a scope of its own, and where attnlib and course came from.
IMPORTS = """import attnlib, course, json
for source in json.loads({sources!r}):
    exec(source, {{}})
print("from", attnlib.__file__, course.__file__)"""


def recipe():
    text = (ROOT / "book" / "how_to_use.md").read_text(encoding="utf-8")
    return re.search(r"```\n(!git clone .*?)```", text, re.DOTALL)[1]


def first_cells():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        yield next(cell.source for cell in cells if cell.cell_type == "code")


def origin(folder):
    """A repository of the book, and the environment in which Git finds it at the address HERE."""
    shutil.copytree(ROOT, folder, ignore=NOT_CLONED)
    git = ["git", "-c", "user.name=a reader", "-c", "user.email=reader@example.org"]
    for command in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "the book"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    place = {"KEY_0": f"url.{folder.as_uri()}.insteadOf", "VALUE_0": HERE, "COUNT": "1"}
    return os.environ | {f"GIT_CONFIG_{name}": value for name, value in place.items()}


def test_every_chapter_starts_behind_the_printed_lines(tmp_path):
    """As printed, but that pip only looks what it would do: no network."""
    environment = origin(tmp_path / "origin")
    lines = recipe().replace("REPOSITORY", HERE).splitlines()
    folder = tmp_path / lines[0].split()[-1]
    manager, client = start_new_kernel(cwd=str(tmp_path), env=environment)
    try:
        said = []
        lines = [
            f"{line} --dry-run --no-deps --no-index" if "-e" in line else line for line in lines
        ]
        lines = [line for line in lines if "requirements-data" not in line]
        code = IMPORTS.format(sources=json.dumps(list(first_cells())))
        for cell in ("\n".join(lines).replace("-e .", "--no-build-isolation -e .", 1), code):
            reply = client.execute_interactive(
                cell, timeout=250, output_hook=lambda message: said.append(message["content"])
            )
            assert reply["content"]["status"] == "ok", reply["content"].get("evalue")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    text = "".join(content.get("text", "") for content in said)
    found = text.rpartition("from ")[2].split()
    assert [path.startswith(str(folder)) for path in found] == [True, True]


def test_the_lines_name_files_that_exist():
    for name in re.findall(r"(?:-e|-r) (\S+)", recipe()):
        assert (ROOT / name).exists(), name
