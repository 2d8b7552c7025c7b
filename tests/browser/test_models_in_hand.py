"""What a reader does with the models in the page: blank a digit, type a text, stop the writer."""

import pytest
from playwright.sync_api import Page
from test_widgets import opened, page

from course import widgets
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hand")
    write_page(folder)
    for name in ("where_it_looks", "next_word"):
        html = page([getattr(widgets, name)()]).replace("THEME", "light")
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


def ready(watched, folder, name) -> Page:
    shown = opened(watched, f"file://{folder}/{name}.html")
    shown.locator("[data-ready=true]").wait_for()
    return shown


def test_a_blank_picture_is_called_blank(watched, folder):
    shown = ready(watched, folder, "where_it_looks")
    most = shown.get_by_role("button", name="Blank the patch it looks at most")
    crosses = shown.locator(".wl-cross").filter(visible=True)
    for count in range(1, 17):
        most.click()
        assert crosses.count() == count
    assert most.is_disabled()
    assert shown.locator(".attn-says").inner_text().startswith("Nothing of the 3 is left to read.")
    shown.get_by_role("button", name="Show every patch").click()
    assert shown.locator(".attn-says").inner_text().startswith("Written as 3, read as ")


def test_own_text_is_read_as_it_is_typed(watched, folder):
    shown = ready(watched, folder, "next_word")
    field, text = shown.get_by_role("textbox"), shown.locator(".next-text")
    field.fill("")
    field.press_sequentially("To sleep")
    assert text.inner_text() == "To sleep"
    shown.get_by_role("button", name="Draw one token").click()
    assert text.inner_text().startswith("To sleep")
    assert len(text.inner_text()) > len("To sleep")
    said = shown.locator(".attn-says").inner_text()
    shown.reload()
    shown.locator("[data-ready=true]").wait_for()
    shown.get_by_role("textbox").fill("To sleep")  # at once, with nothing kept of another text
    shown.get_by_role("button", name="Draw one token").click()
    assert shown.locator(".attn-says").inner_text() == said


def test_writing_is_seen_token_by_token_and_can_be_stopped(watched, folder):
    shown = ready(watched, folder, "next_word")
    pieces = shown.locator(".next-piece")
    before = pieces.count()
    shown.get_by_role("button", name="Write 40 tokens").click()
    shown.get_by_role("button", name="Stop").click()
    stopped = pieces.count()
    assert before < stopped < before + 40
    assert shown.get_by_role("button", name="Write 40 tokens").is_enabled()
    shown.wait_for_timeout(300)
    assert pieces.count() == stopped
