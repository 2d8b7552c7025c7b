"""Joins the style sheets that every page loads into one.

Nothing of a page is seen before they have come. They were eleven, and one of them a browser found
only in another.
"""

import hashlib
import re
from pathlib import Path

from sphinx.application import Sphinx

SHEETS = (  # in the order in which the pages load them
    "basic.css",
    "styles/theme.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "togglebutton.css",
    "copybutton.css",
    "mystnb*.css",
    "exercise.css",
    "sphinx-design.min.css",
    "course.css",
)
ALL = "styles/all.css"
LINK = re.compile(r'\s*<link [^>]*href="(?P<static>[^"]*_static/)(?P<name>[^"?]+\.css)[^"]*"[^>]*>')
AT_HEAD = re.compile(r'@charset "UTF-8";|@import "\.\./basic\.css";')
ADDRESS = re.compile(r"""\burl\((?!["']?(?:data:|#))(["']?)""")


def joined(static: Path) -> tuple[str, set[str]]:
    """The one sheet, and the names of those that it holds."""
    paths = [path for pattern in SHEETS for path in static.glob(pattern)]
    names = [path.relative_to(static).as_posix() for path in paths]
    sheets = (
        as_in_styles(path.read_text(encoding="utf-8"), "/" in name)
        for path, name in zip(paths, names, strict=True)
    )
    return "\n".join(sheets), {*names, ALL}


def as_in_styles(sheet: str, lies_there: bool) -> str:
    """The sheet with its addresses as they are from the folder `styles`."""
    sheet = AT_HEAD.sub("", sheet)
    return sheet if lies_there else ADDRESS.sub(r"url(\1../", sheet)


def with_one_link(page: str, names: set[str], digest: str) -> str:
    """The page with a link to the one sheet where the first of these stood."""
    links = [link for link in LINK.finditer(page) if link["name"] in names]
    for link in reversed(links):
        first = f'\n  <link rel="stylesheet" href="{link["static"]}{ALL}?v={digest}" />'
        page = page[: link.start()] + first * (link is links[0]) + page[link.end() :]
    return page


def join_sheets(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    sheet, names = joined(static)
    (static / ALL).write_text(sheet, encoding="utf-8")
    digest = hashlib.sha256(sheet.encode()).hexdigest()[:8]
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if (one := with_one_link(page, names, digest)) != page:
            path.write_text(one, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", join_sheets, priority=950)  # when the sheets are trimmed
    return {"parallel_read_safe": True, "parallel_write_safe": True}
