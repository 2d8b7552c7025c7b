"""A site of several versions: what lies where, and which of them is the stable one."""

import json
from pathlib import Path

import pytest
from environment import Failed
from versions import lay, numbers

PAGE = """<html><head><title>{words}</title></head><body>
<div class="sidebar-primary-item"><nav class="bd-links"></nav></div></body></html>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


def book(folder: Path, words: str, *more: str) -> Path:
    """A book of the first page and those that are named."""
    made = folder / words
    for name in ("book/intro", *more):
        path = made / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(words=words))
    return made


def listed(site: Path) -> dict[str, dict]:
    return {one["name"]: one for one in json.loads((site / "versions.json").read_text())}


def test_without_a_release_the_root_leads_to_the_latest(site: Path, tmp_path: Path) -> None:
    lay(book(tmp_path, "new"), site, "latest")
    assert list(listed(site)) == ["latest"]
    assert "url=latest/book/intro.html" in (site / "index.html").read_text()


def test_stable_is_the_newest_release_by_number(site: Path, tmp_path: Path) -> None:
    for name in ("latest", "1.10.0", "1.9.0"):
        lay(book(tmp_path, f"of {name}"), site, name)
    assert list(listed(site)) == ["latest", "stable", "1.10.0", "1.9.0"]
    assert listed(site)["stable"]["says"] == "stable (1.10.0)"
    assert "of 1.10.0" in (site / "stable" / "book" / "intro.html").read_text()
    assert "url=stable/book/intro.html" in (site / "index.html").read_text()


def test_a_version_that_is_laid_again_keeps_no_old_page(site: Path, tmp_path: Path) -> None:
    lay(book(tmp_path, "old", "gone"), site, "latest")
    lay(book(tmp_path, "new", "deep/come"), site, "latest")
    assert listed(site)["latest"]["pages"] == ["book/intro.html", "deep/come.html"]
    assert not (site / "latest" / "gone.html").exists()


def test_the_switch_says_what_the_list_says(site: Path, tmp_path: Path) -> None:
    lay(book(tmp_path, "new"), site, "latest")
    assert (site / "versions.json").read_text().strip() in (site / "versions.js").read_text()


def test_each_page_asks_for_the_switch_at_the_root(site: Path, tmp_path: Path) -> None:
    lay(book(tmp_path, "new", "top", "a/b/c"), site, "latest")
    for name in listed(site)["latest"]["pages"]:
        path = site / "latest" / name
        (address,) = [
            part.split('"')[1] for part in path.read_text().split() if part.startswith("src=")
        ]
        assert (path.parent / address).resolve() == (site / "versions.js").resolve()


@pytest.mark.parametrize("name", ["", "v1.0.0", "1.0", "../1.0.0", "stable"])
def test_another_name_is_refused(site: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(Failed, match="must be latest or a release"):
        lay(book(tmp_path, "new"), site, name)


def test_numbers_are_compared_as_numbers() -> None:
    assert numbers("1.10.0") > numbers("1.9.9")
