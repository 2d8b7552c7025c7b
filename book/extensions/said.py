"""What the scripts on a language's pages say: the texts of say("…"), read off their sources."""

import json
import re
from pathlib import Path

import nbformat
from panels import STATE
from prose import ROOT, translated
from translated_pages import live_cells

from course.widgets._assets import COMMENT, IMPORT, STATIC
from course.widgets.words import Words

TEXT = r'"((?:[^"\\]|\\.)*)"'
CALLS = re.compile(r"(?<![\w.])say\((?!text\b)|(?<![\w.])attnSay\((?!text\b)")
# A call says one text, or one of two: say("…"), say(count === 1 ? "…" : "…").
SAID = re.compile(rf'(?:{CALLS.pattern})\s*(?:(?!")[^?]*?\?\s*)?{TEXT}(?:\s*:\s*{TEXT})?')


def said(script: Path) -> set[str]:
    """Every text that a script says."""
    found = SAID.findall(COMMENT.sub("", script.read_text(encoding="utf-8")))
    return {json.loads(f'"{text}"') for texts in found for text in texts if text}


def said_on_pages(language: str) -> set[str]:
    return {text for script in scripts_of(language) for text in said(script)}


def scripts() -> set[Path]:
    """All that speak: the views with their helpers, and what the theme's pages load beside."""
    return {*STATIC.glob("*.js"), *ROOT.glob("book/static/*.js")}


def scripts_of(language: str) -> set[Path]:
    """The scripts that speak on the language's pages, with all that they import."""
    waiting = [STATIC / f"{name}.js" for name in {*views(language), "page"}]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            helpers = IMPORT.findall(path.read_text(encoding="utf-8"))
            waiting += [STATIC / name for _, name in helpers]
    return found | set(ROOT.glob("book/static/*.js"))


def views(language: str) -> set[str]:
    """The names of the views on the language's pages."""
    pages = [path for path in translated(language).values() if path.suffix == ".ipynb"]
    states = [
        nbformat.read(path, as_version=4).metadata.get("widgets", {}).get(STATE, {"state": {}})
        for path in [*pages, *live_cells(language)]
    ]
    return {
        model["state"]["_anywidget_id"].split(".")[-2].strip("_")
        for state in states
        for model in state["state"].values()
        if "_anywidget_id" in model["state"]
    }


def script(language: str, texts: set[str]) -> str:
    """The script with these texts that a page loads before those that speak."""
    known = Words(language, "scripts").known
    words = {text: known[text] for text in texts & known.keys()}
    return f"globalThis.attnWords = {json.dumps(words, ensure_ascii=False, sort_keys=True)};\n"
