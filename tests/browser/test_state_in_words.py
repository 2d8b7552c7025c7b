"""Every view says in a sentence what it shows now, where a screen reader hears it change."""

import re

import pytest
from playwright.sync_api import expect
from test_small_and_forced import one_length
from test_small_pictures import recorded
from test_widgets import opened, page

from course import widgets
from course.widgets.page import write_page

NO_VIEW = {"Example", "Map", "prepared", "speak"}
GIVEN = {"maps": recorded, "sentence_length": one_length}  # those that cannot be made of nothing
SENTENCE = re.compile(r"\w+ .*[.!?]$", re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    write_page(folder)
    return folder


@pytest.mark.parametrize("name", sorted(set(widgets.__all__) - NO_VIEW))
def test_each_view_says_its_state(watched, folder, name):
    panel = GIVEN.get(name, getattr(widgets, name))()
    html = page([panel]).replace("THEME", "light")
    (folder / f"{name}.html").write_text(html, encoding="utf-8")
    shown = opened(watched, f"file://{folder}/{name}.html")
    expect(shown.locator(".attn [aria-live=polite][aria-atomic=true]").first).to_have_text(SENTENCE)
    expect(shown.locator("[role=status]")).to_have_count(0)  # Orca does not read on over it
