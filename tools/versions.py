"""Lays the built book into a site that keeps several versions, with a switch on every page.

    python tools/versions.py BOOK SITE NAME     NAME: latest, or a release such as 1.2.0

The site holds a folder per release, the unreleased `latest`, and `stable`, a copy of the newest
release. A page asks for one file more, `versions.js` at the site's root: what `versions.json` says,
and the switch. So a book that was laid long ago knows what came after it, from a folder as well.
"""

import json
import re
import shutil
import sys
from pathlib import Path

from environment import Failed

RELEASE = re.compile(r"\d+\.\d+\.\d+")
SWITCH = Path(__file__).with_suffix(".js")
FIRST = "book/intro.html"
PLACE = re.compile(r'(?=<div class="sidebar-primary-item"><nav class="bd-links)')
# The options come later; the place is kept from the start, so that nothing moves.
MENU = (
    '<div class="sidebar-primary-item pst-js-only"><label class="versions">Version '
    '<select aria-label="Version"><option>{name}</option></select></label></div>'
)
ROOT_PAGE = """<!DOCTYPE html>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self'" />
<link rel="icon" href="{to}/_static/favicon.svg" />
<meta http-equiv="Refresh" content="0; url={to}/{first}" />
"""


def lay(book: Path, site: Path, name: str) -> Path:
    """Put the book into the site as that version, in place of what was there."""
    if name != "latest" and not RELEASE.fullmatch(name):
        raise Failed(f"VERSION must be latest or a release such as 1.2.0, but is “{name}”")
    copy(book, site, name)
    releases = sorted(filter(RELEASE.fullmatch, names(site)), key=numbers, reverse=True)
    if name in releases[:1]:
        copy(book, site, "stable")
    here = [one for one in ("latest", "stable") if (site / one).is_dir()] + releases
    versions = [
        {"name": one, "says": says(one, releases), "pages": pages(site / one)} for one in here
    ]
    listed = json.dumps(versions, indent=1) + "\n"
    (site / "versions.json").write_text(listed, encoding="utf-8")
    switch = f"globalThis.versions = {listed.strip()};\n{SWITCH.read_text(encoding='utf-8')}"
    (site / "versions.js").write_text(switch, encoding="utf-8")
    root = ROOT_PAGE.format(to="stable" if releases else "latest", first=FIRST)
    (site / "index.html").write_text(root, encoding="utf-8")
    return site / name


def copy(book: Path, site: Path, name: str) -> None:
    shutil.rmtree(site / name, ignore_errors=True)
    shutil.copytree(book, site / name)
    for path in (site / name).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        up = "../" * len(path.relative_to(site / name).parts)
        tag = f'<script defer src="{up}versions.js"></script>\n  </head>'
        page, menus = PLACE.subn(MENU.format(name=name), page, count=1)
        if menus:
            path.write_text(page.replace("</head>", tag, 1), encoding="utf-8")


def names(site: Path) -> list[str]:
    return [folder.name for folder in site.iterdir() if (folder / FIRST).is_file()]


def numbers(release: str) -> list[int]:
    return [int(part) for part in release.split(".")]


def says(name: str, releases: list[str]) -> str:
    """What the menu calls a version."""
    if not releases:
        return name
    words = {"latest": "latest (not released)", "stable": f"stable ({releases[0]})"}
    return words.get(name, name)


def pages(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))


if __name__ == "__main__":
    try:
        print(lay(*map(Path, sys.argv[1:3]), sys.argv[3]))
    except Failed as reason:
        sys.exit(str(reason))
