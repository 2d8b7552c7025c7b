"""Puts everything a page loads onto the site itself, so that no request ever leaves it.

The scripts that draw the widgets come from `course`. Copied when the build has finished, also when
no page changed: sphinx copies static files only with a changed page.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx

from course.widgets.page import write_page

ROOT = Path(__file__).parents[2]


def mathjax_folder() -> Path:
    spec = find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise ImportError("sphinx-mathjax-offline is not installed: see requirements.txt")
    return Path(spec.origin).parent / "static" / "mathjax"


def copy_newer(source: Path, target: Path) -> None:
    """Copy one file, or a folder and all below it, where it is missing or older."""
    if source.is_dir():
        for child in source.iterdir():
            copy_newer(child, target / child.name)
    elif not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def copy_assets(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    copy_newer(ROOT / "book" / "static", static)
    write_widgets(app)


def write_widgets(app: Sphinx) -> None:
    """Before the pages are written, so that sphinx puts a hash of page.js into its address."""
    if app.builder.format == "html":
        write_page(Path(app.outdir) / "_static" / "attention")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_widgets)
    app.connect("build-finished", copy_assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
