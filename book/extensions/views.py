"""Puts each widget's state beside its view, and the views' scripts into files of the site.

A script then stands once per site, however many widgets and pages use it, under a name made from
its content; and a page holds no script of its own.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

from course.widgets.lean import lean

SCRIPTS = Path("_static/attention")
PAGE_SCRIPT = re.compile(r'<script[^>]*src="([^"]*_static/attention/)page\.js[^"]*"[^>]*></script>')


def write_views(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if PAGE_SCRIPT.search(page):
            path.write_text(with_files(page, Path(app.outdir) / SCRIPTS), encoding="utf-8")


def with_files(page: str, folder: Path) -> str:
    """The page with the scripts of its views in the folder, loaded before page.js, which draws."""
    page, scripts = lean(page)
    for name, script in scripts.items():
        (folder / name).write_text(script, encoding="utf-8")

    def tags(tag: re.Match[str]) -> str:
        return "".join(f'<script src="{tag[1]}{name}"></script>' for name in scripts) + tag[0]

    return PAGE_SCRIPT.sub(tags, page)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", write_views)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
