"""Gives every picture its size in the page, so that its place is kept until it comes."""

import re
import struct
from pathlib import Path
from urllib.parse import unquote

from sphinx.application import Sphinx

PICTURE = re.compile(r'<img(?![^>]*\swidth=)(?=[^>]*\ssrc="(?P<source>[^":]+)")')
SVG = re.compile(rb'<svg\b[^>]*?\swidth="([\d.]+)(pt|px)?"[^>]*?\sheight="([\d.]+)(?:pt|px)?"')
PX_PER_PT = 4 / 3
PNG = b"\x89PNG\r\n\x1a\n"


def size(path: Path) -> tuple[int, int] | None:
    """Width and height of an SVG or PNG in CSS pixels; None where it says none."""
    content = path.read_bytes()
    if content.startswith(PNG):
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if found := SVG.search(content[:4000]):
        scale = PX_PER_PT if found[2] == b"pt" else 1.0
        return round(float(found[1]) * scale), round(float(found[3]) * scale)
    return None


def keep_places(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text(encoding="utf-8")

        def sized(picture: re.Match[str], folder: Path = path.parent) -> str:
            file = folder / unquote(picture["source"])
            known = size(file) if file.is_file() else None
            return f'{picture[0]} width="{known[0]}" height="{known[1]}"' if known else picture[0]

        if (done := PICTURE.sub(sized, page)) != page:
            path.write_text(done, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", keep_places)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
