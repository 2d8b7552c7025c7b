"""The switch between versions on a real page, from a server and from a folder."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from versions import lay
from visits import WIDE

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def versions(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of the book as it is and of a release without chapter 05."""
    folder = tmp_path_factory.mktemp("versions")
    small = folder / "book"
    for name in ("_static", "_images", "notebooks/05_masks.html", "book/intro.html"):
        (small / name).parent.mkdir(parents=True, exist_ok=True)
        take = shutil.copytree if (book / name).is_dir() else shutil.copy
        take(book / name, small / name)
    lay(small, folder / "site", "latest")
    (small / "notebooks" / "05_masks.html").unlink()
    lay(small, folder / "site", "1.0.0")
    return folder / "site"


@pytest.mark.parametrize("where", ["http", "file"])
def test_the_switch_leads_to_the_page_or_to_the_first(
    versions: Path, serving: Callable[[Path], str], watched: Open, where: str
) -> None:
    start = serving(versions) if where == "http" else versions.as_uri()
    page = watched(f"{start}/index.html", viewport=WIDE)
    page.wait_for_url("**/stable/book/intro.html")
    menu = page.get_by_role("combobox", name="Version")
    expect(menu.locator("option")).to_have_text(
        ["latest (not released)", "stable (1.0.0)", "1.0.0"]
    )
    expect(menu).to_have_value("stable")
    menu.select_option("latest")
    page.wait_for_url("**/latest/book/intro.html")
    page.goto(f"{start}/latest/notebooks/05_masks.html?x=1#quiz")
    expect(menu).to_have_value("latest")
    menu.select_option("1.0.0")
    page.wait_for_url("**/1.0.0/book/intro.html")
    page.go_back()
    expect(menu).to_have_value("latest")
