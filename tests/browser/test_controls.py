"""Every control of every widget does something, and nothing goes wrong when it is used."""

from collections.abc import Callable

import pytest
from hands import live_widgets, silent_controls
from playwright.sync_api import Page
from visits import WIDE, pages

Open = Callable[..., Page]

WITHOUT = {"notebooks/00_pytorch"}  # what there is to see is printed
with_widgets = [
    name
    for name in pages()
    if name in {"book/intro", "book/tour", "book/translate"}
    or (name.startswith("notebooks/") and name not in WITHOUT)
]


@pytest.mark.parametrize("name", with_widgets)
def test_every_control_changes_the_picture(watched: Open, site: str, name: str) -> None:
    page = watched(f"{site}/{name}.html", viewport=WIDE)
    widgets = live_widgets(page)
    assert widgets
    assert [fault for widget in widgets for fault in silent_controls(widget)] == []
