"""Buttons for Colab and Binder: on chapters alone, where the repository's address is known."""

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import nbformat
import pytest
from cloud import REPLACED, parts
from environment import ROOT
from policy import POLICY
from sphinx.errors import ExtensionError

HERE = "https://github.com/OWNER/NAME"
CHAPTER = "notebooks/05_masks"
SETTINGS = """
extensions = ["myst_nb", "cloud", "policy"]
html_theme = "sphinx_book_theme"
nb_execution_mode = "off"
root_doc = "book/how_to_use"
myst_enable_extensions = ["colon_fence", "dollarmath"]
suppress_warnings = ["myst.xref_missing"]
"""


def built(folder: Path, **known: str) -> Path:
    """A book of two pages, the recipe's and a chapter."""
    text = (ROOT / "book" / "how_to_use.md").read_text(encoding="utf-8")
    text = re.sub(r"\{kbd\}|\]\([^)]*\)", "", text)  # what other extensions and pages give
    text += f"\n```{{toctree}}\n/{CHAPTER}\n```\n"
    chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Masks")])
    chapter.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    for name in ("book", "notebooks"):
        (folder / name).mkdir()
    (folder / "conf.py").write_text(SETTINGS)
    (folder / "book" / "how_to_use.md").write_text(text, encoding="utf-8")
    nbformat.write(chapter, folder / f"{CHAPTER}.ipynb")
    quiet = {name: value for name, value in os.environ.items() if name != "REPOSITORY"}
    environment = quiet | known | {"PYTHONPATH": str(ROOT / "book" / "extensions")}
    command = [sys.executable, "-m", "sphinx", "-q", "-W", folder, folder / "html"]
    told = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return folder / "html"


def links(page: Path) -> list[str]:
    """Where the page's menu leads outside, and to the lines for Colab."""
    text = page.read_text(encoding="utf-8")
    assert POLICY in text
    found = map(unescape, re.findall(r'<a href="([^"]+)"', text))
    return [one for one in found if re.search("binder|colab|in-the-cloud", one)]


def test_without_an_address_there_is_no_button(tmp_path: Path) -> None:
    html = built(tmp_path)
    assert links(html / f"{CHAPTER}.html") == []
    recipe = (html / "book" / "how_to_use.html").read_text(encoding="utf-8")
    assert "!git clone REPOSITORY attention-live" in recipe


def test_with_an_address_a_chapter_opens_elsewhere_at_its_tag(tmp_path: Path) -> None:
    html = built(tmp_path, REPOSITORY=f"{HERE}/tree/v1.0")
    assert links(html / f"{CHAPTER}.html") == [
        f"https://mybinder.org/v2/gh/OWNER/NAME/v1.0?urlpath=lab/tree/{CHAPTER}.ipynb",
        f"https://colab.research.google.com/github/OWNER/NAME/blob/v1.0/{CHAPTER}.ipynb",
        "../book/how_to_use.html#in-the-cloud",
    ]
    recipe = (html / "book" / "how_to_use.html").read_text(encoding="utf-8")
    assert f"!git clone --branch v1.0 {HERE} attention-live" in recipe
    assert 'id="in-the-cloud"' in recipe
    assert "REPOSITORY" not in recipe


def test_the_sentence_that_an_address_makes_needless_is_on_the_page() -> None:
    assert REPLACED in (ROOT / "book" / "how_to_use.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        (HERE, (HERE, "github.com", None)),
        (f"{HERE}/", (HERE, "github.com", None)),
        (f"{HERE}.git", (HERE, "github.com", None)),
        (f"{HERE}/tree/a/b", (HERE, "github.com", "a/b")),
    ],
)
def test_an_address_is_read(address: str, wanted: tuple[str, str, str | None]) -> None:
    assert parts(address) == wanted


@pytest.mark.parametrize("address", ["NAME", "http://github.com/a/b", f"{HERE}; rm", HERE + '"x'])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(ExtensionError, match=r"must be https://HOST/OWNER/NAME"):
        parts(address)
