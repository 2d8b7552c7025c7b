"""The book in other languages: no text is stale or missing, and only the words differ."""

import json
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from environment import ROOT
from panels import STATE, VIEW
from prose import LANGUAGES, blocks, digest, languages, original, sources
from translated_pages import live_cells, page, reworded
from wording import Words, braces

from course.widgets._assets import COMMENT, IMPORT, STATIC

PROSE = sorted(LANGUAGES.glob("*/*.md"))
each_page = pytest.mark.parametrize(
    "prose", PROSE, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
each_language = pytest.mark.parametrize("language", languages())

TEXT = r'"((?:[^"\\]|\\.)*)"'
CALLS = re.compile(r"(?<![\w.])say\((?!text\b)|(?<![\w.])attnSay\((?!text\b)")
# A call says one text, or one of two: say("…"), say(count === 1 ? "…" : "…").
SAID = re.compile(rf'(?:{CALLS.pattern})\s*(?:(?!")[^?]*?\?\s*)?{TEXT}(?:\s*:\s*{TEXT})?')

# What a translation leaves as it is. The words within a formula are words.
KEPT = {
    "formulas": r"\$\$.*?\$\$|\$[^$\n]+\$",
    "roles": r"\{[\w:-]+\}`[^`]+`",
    "links": r"\]\(([^)\s]+)\)",
    "directives": r"^[:`]{3,}\{[\w-]+\}",
    "options": r"^:[\w-]+:[^\n]*$",
    "code": r"(?<!`)`[^`\n]+`(?!`)",
}


def table(language: str) -> dict[str, dict[str, str]]:
    return json.loads((LANGUAGES / language / "words.json").read_text(encoding="utf-8"))


def said(path: Path) -> list[str]:
    """Every text that a script says."""
    found = SAID.findall(COMMENT.sub("", path.read_text(encoding="utf-8")))
    return [json.loads(f'"{text}"') for texts in found for text in texts if text]


def kept(text: str, kind: str) -> Counter[str]:
    if kind == "code":
        text = re.sub(KEPT["roles"], "", text)
    found = re.findall(KEPT[kind], text, re.MULTILINE | re.DOTALL)
    if kind == "roles":  # {term}`poids <weight>` is {term}`weight`
        found = [re.sub(r"`[^`<]*<([^>`]+)>`", r"`\1`", role) for role in found]
    if kind == "formulas":
        found = [re.sub(r"\\text\{[^}]*\}|\s", "", formula) for formula in found]
    return Counter(found)


def scripts_of(language: str) -> set[Path]:
    """The scripts that speak on the language's pages, with all that they import."""
    states = [
        nbformat.read(path, as_version=4).metadata.get("widgets", {}).get(STATE, {"state": {}})
        for path in [*notebooks(language), *live_cells(language)]
    ]
    views = {
        model["state"]["_anywidget_id"].split(".")[-2].strip("_")
        for state in states
        for model in state["state"].values()
        if "_anywidget_id" in model["state"]
    }
    found: set[Path] = set()
    waiting = [STATIC / f"{name}.js" for name in {*views, "page"}]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            helpers = IMPORT.findall(path.read_text(encoding="utf-8"))
            waiting += [STATIC / name for _, name in helpers]
    return found | set(ROOT.glob("book/static/*.js"))


def notebooks(language: str) -> list[Path]:
    found = [original(prose) for prose in PROSE if prose.parent.name == language]
    return [path for path in found if path.suffix == ".ipynb"]


@each_page
def test_every_text_is_translated_and_none_has_changed_since(prose: Path) -> None:
    english, ours = sources(original(prose)), blocks(prose)
    assert list(ours) == list(english)
    stale = [name for name, text in english.items() if ours[name].digest != digest(text)]
    assert stale == []
    assert [name for name, block in ours.items() if not block.text] == []


@each_page
@pytest.mark.parametrize("kind", KEPT)
def test_only_the_words_differ(prose: Path, kind: str) -> None:
    ours = blocks(prose)
    for name, text in sources(original(prose)).items():
        assert kept(ours[name].text, kind) == kept(text, kind), name


@pytest.mark.parametrize("prose", [one for one in PROSE if original(one).suffix == ".ipynb"])
def test_code_and_its_outputs_are_the_english_ones(prose: Path) -> None:
    english, language = original(prose), prose.parent.name
    made = nbformat.reads(page(prose, english, language, Words(language, "panels")), as_version=4)
    stored = nbformat.read(english, as_version=4)
    for ours, theirs in zip(made.cells, stored.cells, strict=True):
        assert (ours.id, ours.cell_type) == (theirs.id, theirs.cell_type)
        if theirs.cell_type == "code" and not any(
            VIEW in output.get("data", {}) for output in theirs.outputs
        ):
            assert ours == theirs
        elif theirs.cell_type == "code":
            assert ours.source == theirs.source


@each_language
def test_every_translation_has_the_names_of_its_text(language: str) -> None:
    pairs = [pair for section in table(language).values() for pair in section.items()]
    assert [text for text, ours in pairs if braces(ours) != braces(text)] == []
    assert [text for text, ours in pairs if ours.count("[") != text.count("[")] == []
    assert [text for text, ours in pairs if not ours.strip()] == []


@each_language
def test_of_two_keys_that_fit_the_closer_one_is_taken(language: str) -> None:
    words = Words(language, "panels")
    words.said("row 1, column 2")
    assert words.used == {"row {row}, column {column}"}


def test_scripts_say_texts_that_can_be_read_off_them() -> None:
    for path in [*STATIC.glob("*.js"), *ROOT.glob("book/static/*.js")]:
        source = path.read_text(encoding="utf-8")
        assert len(CALLS.findall(source)) == len(SAID.findall(source)), path.name


@each_language
def test_all_that_scripts_say_is_translated_and_no_more(language: str) -> None:
    known = table(language)["scripts"]
    needed = {text for path in scripts_of(language) for text in said(path)}
    assert sorted(needed - known.keys()) == []
    every = {text for path in STATIC.glob("*.js") for text in said(path)} | needed
    assert sorted(known.keys() - every) == []


@each_language
def test_every_control_of_a_panel_is_translated(language: str) -> None:
    words, untold = Words(language, "panels"), set()

    def note(text: str) -> str:
        if words.said(text) is None:
            untold.add(text)
        return words.or_same(text)

    for path in [*notebooks(language), *live_cells(language)]:
        notebook = reworded(path, words)
        for model in nbformat.read(path, as_version=4).metadata.widgets[STATE]["state"].values():
            for text in [model["state"].get("description"), *model["state"].get("titles", [])]:
                if text:
                    note(text)
        assert notebook.cells
    assert sorted(untold) == []
    for path in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("book/*.ipynb")]:
        reworded(path, words)
    assert sorted(words.known.keys() - words.used) == []
