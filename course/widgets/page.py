"""What a page with live widgets and no kernel loads: one script, and the weights of its models."""

import base64
import json
from pathlib import Path

from course.widgets._assets import ASSETS, module, style


def page_script() -> str:
    """page.js, its imports and its style as one classic script: a module fails over file://."""
    sheet = f"const PAGE_STYLE = {json.dumps(style('page.css'))};"
    return f'(() => {{\n"use strict";\n{sheet}\n{module("page.js")}}})();\n'


def asset_script(name: str, content: bytes) -> str:
    """A large file as a script, because a page opened from disk may not fetch."""
    text = base64.b64encode(content).decode()
    return f"(globalThis.attnAssets ??= {{}})[{json.dumps(name)}] = {json.dumps(text)};\n"


def write_page(folder: Path) -> None:
    """Writes page.js and every asset that exists into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "page.js").write_text(page_script(), encoding="utf-8")
    for name, path in ASSETS.items():
        if path.exists():
            script = asset_script(name, path.read_bytes())
            (folder / f"{name}.js").write_text(script, encoding="utf-8")
