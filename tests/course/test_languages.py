"""The book in other languages: no text is stale or missing, and only the words differ."""

import json
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from environment import ROOT
from languages import spoken
from panels import STATE, VIEW
from prose import anchors, blocks, digest, original, sources
from said import CALLS, SAID, said, said_on_pages, script, scripts
from translated_pages import first_code, page, picture, reworded

from course.widgets.reword import reword_model
from course.widgets.words import LANGUAGES, Words, languages

PROSE = sorted(LANGUAGES.glob("*/*.md"))
each_page = pytest.mark.parametrize(
    "prose", PROSE, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
each_language = pytest.mark.parametrize("language", languages())

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


def kept(text: str, kind: str) -> Counter[str]:
    if kind == "code":
        text = re.sub(KEPT["roles"], "", text)
    found = re.findall(KEPT[kind], text, re.MULTILINE | re.DOTALL)
    if kind == "roles":  # {term}`poids <weight>` is {term}`weight`
        found = [re.sub(r"`[^`<]*<([^>`]+)>`", r"`\1`", role) for role in found]
    if kind == "formulas":
        found = [re.sub(r"\\text\{[^}]*\}|\s", "", formula) for formula in found]
    return Counter(found)


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
    words = Words(language, "panels", "pictures")
    made = nbformat.reads(page(prose, english, language, words), as_version=4)
    stored = nbformat.read(english, as_version=4)
    if "widgets" in stored.metadata:
        first = first_code(stored)
        taken_home = made.cells.pop(first)
        assert taken_home.source.endswith(f'widgets.speak("{language}")')
        assert taken_home.metadata.tags == ["remove-cell"]
    for ours, theirs in zip(made.cells, stored.cells, strict=True):
        assert (ours.id, ours.cell_type) == (theirs.id, theirs.cell_type)
        if shown := picture(ours):
            assert shown["alt"] != picture(theirs)["alt"]
            shown["alt"] = picture(theirs)["alt"]
        if theirs.cell_type == "code" and not any(
            VIEW in output.get("data", {}) for output in theirs.outputs
        ):
            assert ours == theirs
        elif theirs.cell_type == "code":
            assert ours.source == theirs.source


def test_a_placeholder_and_the_names_of_what_was_measured_are_reworded() -> None:
    state = {"description": "", "placeholder": "name", "found": {"near": [1]}}
    reword_model(state, str.upper)
    assert state == {"description": "", "placeholder": "NAME", "found": {"NEAR": [1]}}


def names(text: str) -> list[str]:
    """The names in braces, in order of the alphabet: a translation has the same."""
    return sorted(re.findall(r"\{(\w+)\}", text))


@each_language
def test_every_translation_has_the_names_of_its_text(language: str) -> None:
    pairs = [pair for section in table(language).values() for pair in section.items()]
    assert [text for text, ours in pairs if names(ours) != names(text)] == []
    assert [text for text, ours in pairs if ours.count("[") != text.count("[")] == []
    assert [text for text, ours in pairs if not ours.strip()] == []


@each_language
def test_of_two_keys_that_fit_the_closer_one_is_taken(language: str) -> None:
    words = Words(language, "panels")
    words.said("row 1, column 2")
    assert words.used == {"row {row}, column {column}"}


def test_scripts_say_texts_that_can_be_read_off_them() -> None:
    for path in scripts():
        source = path.read_text(encoding="utf-8")
        assert len(CALLS.findall(source)) == len(SAID.findall(source)), path.name


@each_language
def test_all_that_scripts_say_is_translated_and_no_more(language: str) -> None:
    every = {text for path in scripts() for text in said(path)}
    assert sorted(every ^ table(language)["scripts"].keys()) == []


def test_a_page_loads_the_words_of_its_scripts_alone() -> None:
    assert script("fr", {"head", "no such text"}) == 'globalThis.attnWords = {"head": "tête"};\n'
    assert "Undo all changes" in said_on_pages("fr")  # of the view, and of what it imports
    assert "heads of {layer}" in said_on_pages("fr")


@each_language
def test_what_pictures_show_is_told_in_the_language(language: str) -> None:
    told = {
        picture(cell)["alt"]
        for path in notebooks(language)
        for cell in nbformat.read(path, as_version=4).cells
        if picture(cell)
    }
    assert told == table(language)["pictures"].keys()
    ours = next(iter(table(language)["pictures"].values()))
    output = f'<div class="cell_output docutils"><img alt="{ours}" src="a.svg" /></div>'
    shown = f'<div class="cell_output docutils" lang="en"><img lang="{language}" alt='
    assert spoken(output, language).startswith(shown)


def test_an_entry_of_the_glossary_stands_where_the_english_one_does() -> None:
    english = LANGUAGES / "fr" / "glossary.md"
    made = page(english, original(english), "fr", Words("fr", "panels"))
    entries = made.partition("{translated-glossary}\n")[2].split("\n\n")
    assert "term-post-norm term-pre-norm" in [entry.splitlines()[0] for entry in entries]
    places = [place for entry in entries for place in entry.splitlines()[0].split()]
    ours = sources(original(english))
    wanted = [
        place for name, text in ours.items() if name != "glossary-1" for place in anchors(text)
    ]
    assert sorted(places) == sorted(wanted)


@each_language
def test_every_control_of_a_panel_is_translated(language: str) -> None:
    words, untold = Words(language, "panels"), set()

    def note(text: str) -> str:
        if words.said(text) is None:
            untold.add(text)
        return words.or_same(text)

    for path in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("book/*.ipynb")]:
        panels = nbformat.read(path, as_version=4).metadata.get("widgets", {})
        for model in panels.get(STATE, {"state": {}})["state"].values():
            for text in [model["state"].get("description"), *model["state"].get("titles", [])]:
                if text:
                    note(text)
        reworded(path, words)
    assert sorted(untold) == []
    assert sorted(words.known.keys() - words.used) == []
