"""A strict content-security policy on every page: no script runs but the site's own files.

What the theme writes into its pages as scripts and handlers stands in files here, so that nothing
typed, or read from an address, could ever run, even where another fault lets it in as markup. All
but the first of these files wait until the page is read; the first (first.js) gives it its colors.
"""

import hashlib
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
)
STATED = f"""<meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="{POLICY}" />"""
FIRST = f"""<head>
    {STATED}
    <script src="UP_static/first.js"></script>"""
REDIRECT = '<meta http-equiv="Refresh"'  # all of the page that leads to the first one
SCRIPT = re.compile(r"\s*<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
TYPE = re.compile(r'type="(?!text/javascript|module)[^"]*"')  # data, which never runs
COLORS = "document.documentElement.dataset.mode"  # first.js does that
PAGE = "DOCUMENTATION_OPTIONS.pagename"  # asked only where a book has versions to switch
OPTIONS = re.compile(r'<script[^>]*src="[^"]*documentation_options\.js[^"]*"[^>]*></script>')
AT_ONCE = ("/attention/", "/first.js")
HANDLERS = {  # buttons.js does these
    'onclick="toggleFullScreen()"': 'data-does="fullscreen"',
    'onclick="window.print()"': 'data-does="print"',
}
HANDLER = re.compile(r'<[a-z][^>]*\s(on[a-z]+="[^"]*")')


def secure_pages(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if page.startswith(REDIRECT):
            path.write_text(f"<!DOCTYPE html>\n{STATED}\n{page}", encoding="utf-8")
        elif "<head>" in page and POLICY not in page and "_static" not in path.parts:
            up = "../" * (len(path.relative_to(folder).parts) - 1)
            path.write_text(secure(page, folder, up), encoding="utf-8")


def secure(page: str, folder: Path, up: str) -> str:
    """The page with its scripts in files of the folder, `up` of which it stands, and the policy."""
    codes: list[str] = []

    def kept(script: re.Match[str]) -> str:
        attributes, code = script["attributes"], script["code"].strip()
        if "src=" in attributes:
            waits = re.search(r"\b(?:defer|async)\b", attributes) or any(
                one in attributes for one in AT_ONCE
            )
            return script[0] if waits else script[0].replace("<script", "<script defer", 1)
        if TYPE.search(attributes):
            return script[0]
        if not code.startswith((COLORS, PAGE)) and code not in codes:
            codes.append(code)
        return ""

    page = SCRIPT.sub(kept, page)
    if codes:
        name = written("\n".join(codes), folder)
        tag = f'\n    <script defer src="{up}{name}"></script>'
        page = OPTIONS.sub(lambda options: options[0] + tag, page, count=1)
    for handler, mark in HANDLERS.items():
        page = page.replace(handler, mark)
    if handler := HANDLER.search(page):
        raise ExtensionError(f"the policy forbids {handler[1]}: give it a place in buttons.js")
    return page.replace("<head>", FIRST.replace("UP", up), 1)


def written(code: str, folder: Path) -> str:
    name = f"_static/inline-{hashlib.sha256(code.encode()).hexdigest()[:12]}.js"
    (folder / name).write_text(code + "\n", encoding="utf-8")
    return name


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", secure_pages, priority=900)  # after all that change pages
    return {"parallel_read_safe": True, "parallel_write_safe": True}
