"""What a card says in words is all there, and everything it refers to exists."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from course.catalogue import CATALOGUE
from course.catalogue.chapters import chapter
from course.catalogue.papers import address_of, papers
from course.catalogue.words import Part, all_words

ROOT = Path(__file__).parents[2]
TYPES = {entry.name: entry for entry in CATALOGUE}
LETTERS = set("QKVqkvSsAWxoDTHBehijlt") | {"σ", "π"}  # named once, above all cards
GREEK = dict(
    zip(
        re.findall(
            r"\w+",
            "alpha beta gamma delta epsilon zeta eta theta lambda mu nu xi pi rho sigma tau phi "
            "chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega ell",
        ),
        "αβγδεζηθλμνξπρστφχψωΓΔΘΛΞΣΦΨΩℓ",
        strict=True,
    )
)


def every(select=lambda entry: True):
    entries = [entry for entry in CATALOGUE if select(entry)]
    return pytest.mark.parametrize("entry", entries, ids=lambda entry: entry.name)


def test_words_are_written_for_the_types_there_are_and_for_no_other():
    assert all_words().keys() == set(TYPES)


@every()
def test_the_idea_is_said_in_a_few_plain_sentences(entry):
    assert entry.words.idea.endswith(".")
    assert 40 < len(entry.words.idea) < 330
    assert not set(entry.words.idea + entry.words.use) & set("$\\{}")


@every()
def test_a_card_says_when_to_use_its_type(entry):
    assert entry.words.use.endswith(".")
    assert 20 < len(entry.words.use) < 160
    assert entry.words.use not in [o.words.use for o in CATALOGUE if o.name != entry.name]


def symbols(formula):
    """The letters of a formula: neither names of functions nor words below a letter."""
    without = r"\\(mathrm|text|operatorname)\{[^}]*\}|_\{[a-z]{2,}\}|\\(begin|end)\{\w+\}"
    letters = re.findall(r"\\([A-Za-z]+)|([A-Za-z])", re.sub(without, " ", formula))
    return {GREEK.get(command, "") if command else letter for command, letter in letters} - {""}


def unnamed(entry):
    said = entry.words.idea + entry.words.use
    own = symbols(entry.formula) - LETTERS
    return {letter for letter in own if not re.search(rf"(?<![A-Za-z]){letter}(?![a-z])", said)}


@every()
def test_every_symbol_of_the_formula_is_named(entry):
    assert not unnamed(entry)


def test_a_symbol_that_no_word_names_is_found():
    entry = replace(CATALOGUE[0], formula=r"\mathrm{softmax}(\zeta_{rows} QK^\top)\, Z")
    assert unnamed(entry) == {"ζ", "Z"}


@every()
def test_the_part_it_changes_is_one_of_the_equation(entry):
    assert entry.words.part in get_args(Part)


def test_the_family_tree_has_one_root_and_every_branch_leads_there():
    roots = [entry.name for entry in CATALOGUE if not entry.words.varies]
    assert roots == ["Scaled dot product"]
    for entry in CATALOGUE:
        passed = [entry.name]
        while TYPES[passed[-1]].words.varies:
            passed.append(TYPES[passed[-1]].words.varies)
            assert passed[-1] in TYPES, f"{passed[-2]} varies an unknown type"
            assert passed.count(passed[-1]) == 1, " → ".join(passed)
        assert passed[-1] == roots[0]


def chapter_text(name):
    """What the chapter says in words and code, in lower case."""
    (file,) = (ROOT / "notebooks").glob(f"[0-9][0-9]_{name}.ipynb")
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells).lower()


def test_a_chapter_is_given_by_its_title_and_page():
    assert chapter("positions").title == "Positions"
    assert chapter("positions").page == "08_positions.html"
    assert chapter("zoo").page == ""
    with pytest.raises(FileNotFoundError, match="was wanted, got 0"):
        chapter("none")


@every()
def test_the_chapter_that_explains_it_cites_its_paper_or_names_it(entry):
    text = chapter_text(entry.words.chapter)
    if entry.words.chapter == "zoo":
        return
    core, _, inner = entry.name.rstrip(")").partition(" (")
    names = [name.lower() for name in (core, inner, *entry.words.aliases) if name]
    assert entry.cite in text or any(name in text for name in names)


@every(lambda entry: entry.words.used_in)
def test_every_user_comes_with_a_source_that_resolves(entry):
    """Papers by their key, so that a wrong number stands in one place and is looked at once."""
    for source in entry.words.used_in.values():
        assert not re.search(r"arxiv|doi\.org", source)
        assert address_of(source).startswith("https://")


@every()
def test_the_paper_has_a_year(entry):
    assert 1960 < papers()[entry.cite].year <= 2026


def test_other_names_are_said_once():
    for entry in CATALOGUE:
        names = [name.lower() for name in (entry.name, *entry.words.aliases)]
        assert len(set(names)) == len(names)
