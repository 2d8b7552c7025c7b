"""What a page with live widgets and no kernel loads: one script, and the weights of its models."""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from course.widgets._assets import ASSETS, asset_bytes, module, style


def page_script(versions: Mapping[str, str]) -> str:
    """page.js, its imports and its style as one classic script: a module fails over file://.

    `versions` has one per asset, which becomes part of its address.
    """
    sheet = f"const PAGE_STYLE = {json.dumps(style('page.css'))};"
    known = f"const PAGE_VERSIONS = {json.dumps(dict(versions))};"
    return f'(() => {{\n"use strict";\n{sheet}\n{known}\n{module("page.js")}}})();\n'


def asset_script(name: str, content: bytes) -> str:
    """A large file as a script, because a page opened from disk may not fetch."""
    text = base64.b64encode(content).decode()
    return f"(globalThis.attnAssets ??= {{}})[{json.dumps(name)}] = {json.dumps(text)};\n"


def write_page(folder: Path) -> None:
    """Writes page.js and every asset that exists into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    versions = {}
    for name, path in ASSETS.items():
        if path.exists():
            content = asset_bytes(name, path)
            versions[name] = hashlib.sha256(content).hexdigest()[:8]
            (folder / f"{name}.js").write_text(asset_script(name, content), encoding="utf-8")
    (folder / "page.js").write_text(page_script(versions), encoding="utf-8")
