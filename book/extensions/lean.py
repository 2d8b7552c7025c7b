"""Takes off every page what the theme loads and the page does not use.

Font Awesome's script (542 kB gzip) draws a dozen icons that its font draws as well; of that font
(156 kB) and of its style sheet a page uses the same dozen; and the search index is of use on the
search page alone. Two scripts that run last were asked for first, before what a page waits for.
"""

import re
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

ICON_SCRIPT = re.compile(r'\s*<script[^>]*src="[^"]*scripts/fontawesome\.js[^"]*"[^>]*></script>')
SEARCH = re.compile(
    r'\s*<script[^>]*src="[^"]*(?:searchindex|searchtools|language_data)\.js[^"]*"[^>]*></script>'
)
PRELOAD = re.compile(r'\s*<link rel="preload" as="script"[^>]*>')
ICON = re.compile(r"\bfa-[a-z0-9-]+")
ICON_RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')
SOLID = re.compile(
    r'url\(\.\./vendor/fontawesome/webfonts/fa-solid-900\.woff2\) format\("woff2"\),'
    r'url\(\.\./vendor/fontawesome/webfonts/fa-solid-900\.ttf\) format\("truetype"\)'
)
FONT = Path("_static/vendor/fontawesome/webfonts")
STYLES = Path("_static/styles")
DRAWN_BY_STYLE = "f107"  # the theme's arrow at a hidden table of contents
UNUSED = (
    "_static/scripts/*.map",
    "_static/styles/*.map",
    "_static/scripts/fontawesome.js*",
    "_static/*macros.html",
)


def lighten(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    icons: set[str] = set()
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        icons.update(ICON.findall(page))
        lean = PRELOAD.sub("", ICON_SCRIPT.sub("", page))
        if path.name != "search.html":
            lean = SEARCH.sub("", lean)
        if lean != page:
            path.write_text(lean, encoding="utf-8")
    sheet = folder / STYLES / "pydata-sphinx-theme.css"
    style = sheet.read_text(encoding="utf-8")
    if SOLID.search(style):  # else lightened by an earlier build
        style, drawn = with_used_icons(style, icons)
        solid = 'url(../vendor/fontawesome/webfonts/icons.woff) format("woff")'
        sheet.write_text(SOLID.sub(solid, style), encoding="utf-8")
        draw_icons(folder / FONT, {*drawn, int(DRAWN_BY_STYLE, 16)})
    for pattern in UNUSED:
        for path in folder.glob(pattern):
            path.unlink()


def with_used_icons(style: str, icons: set[str]) -> tuple[str, set[int]]:
    """The style sheet with the rules of these icons alone, and the characters they draw."""
    drawn: set[int] = set()

    def kept(rule: re.Match[str]) -> str:
        used = [name for name in rule[1].split(",") if name[1:].removesuffix(":before") in icons]
        if used:
            drawn.add(int(rule[2], 16))
        return f'{",".join(used)}{{content:"\\{rule[2]}"}}' if used else ""

    return ICON_RULE.sub(kept, style), drawn


def draw_icons(fonts: Path, characters: set[int]) -> None:
    """Write icons.woff: Font Awesome's solid font with these characters alone."""
    font = TTFont(fonts / "fa-solid-900.ttf")
    options = Options()
    options.flavor = "woff"
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.flavor = "woff"
    font.save(fonts / "icons.woff")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
