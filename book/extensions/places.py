"""Keeps the place of every live picture until it comes, so that the text under it does not move.

`tools/measure_heights.py` notes how tall each is on a phone, a tablet and a desk; course.css keeps
that much free, and no less, as long as the picture is not live.
"""

import json
import re
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PICTURE = '<div class="attn-widget"'
HEIGHTS = Path("book") / "heights.json"
WIDTHS = ("phone", "tablet", "desk")


def keep_places(
    app: Sphinx, name: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    stored = json.loads((Path(app.srcdir) / HEIGHTS).read_text())
    places = chain((place(heights) for heights in stored.get(name, [])), repeat(""))
    if "body" in context:
        context["body"] = re.sub(PICTURE, lambda found: found[0] + next(places), context["body"])


def place(heights: list[int]) -> str:
    """The style attribute; none for a picture that stands folded away."""
    known = [f"--attn-{on}: {tall}px" for on, tall in zip(WIDTHS, heights, strict=True) if tall]
    return f' style="{"; ".join(known)}"' if known else ""


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", keep_places)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
