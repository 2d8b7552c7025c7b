"""The chapter's states on a bare page: by mouse, by keyboard, on a phone, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from test_widgets import PHONE, opened, page

from course import widgets
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("states")
    write_page(folder)
    html = page([widgets.state_matrix(), widgets.recall_curves()])
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(html.replace("THEME", theme), encoding="utf-8")
    return folder


def said(shown: Page, picture: str) -> str:
    return shown.locator(f".{picture} .attn-says").inner_text()


def test_reading_on_writes_the_next_token_and_the_answer_follows(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    assert "mat 1.00, rug 0.00, bed 0.00" in said(shown, "state")
    on = shown.get_by_role("button", name="read the next token")
    for _ in range(3):
        on.press("Enter")
    assert on.is_disabled()
    assert "mat 1.00, rug 1.00, bed 0.80: no one value is largest" in said(shown, "state")
    shown.get_by_role("checkbox", name="delta rule").check()
    assert "rug 1.00, bed 0.00: rug is largest; last told was rug." in said(shown, "state")
    shown.get_by_role("slider", name="kept per token").press("Home")
    assert "rug 1.00" in said(shown, "state")


def test_arrow_keys_choose_an_entry_and_the_line_says_how_it_came_about(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    shown.get_by_role("slider", name="tokens read").press("End")
    shown.get_by_role("button", name="row 0, mat").focus()
    shown.keyboard.press("ArrowRight")
    chosen = shown.get_by_role("button", name="row 0, rug")
    assert chosen.get_attribute("aria-pressed") == "true"
    line = shown.locator(".state-entry").inner_text()
    assert line == "Row 0, rug: 0.00 + 1.00 · 1.00 = 1.00"


def test_a_larger_state_recalls_more(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    curve = shown.locator(".curve.sum")
    before = curve.get_attribute("d")
    size = shown.get_by_role("slider", name="size D")
    size.press("End")
    assert "in a state of 64 rows" in said(shown, "recall")
    assert curve.get_attribute("d") != before
    shown.get_by_role("checkbox", name="each key told twice").check()
    assert "each key told twice" in said(shown, "recall")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1100, "height": 900}])
def test_nothing_is_wrong_for_a_screen_reader_or_a_phone(watched, folder, theme, viewport):
    shown = opened(watched, f"file://{folder}/{theme}.html", viewport=viewport)
    found = Axe().run(shown)
    assert found.violations_count == 0, found.generate_report()
    assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
