"""The second GPT in chapter 10: it reads what is typed, draws, and writes the same again."""

import pytest
from playwright.sync_api import expect
from visits import WIDE

PAGE = "notebooks/10_gpt.html"


@pytest.fixture
def writer(watched, site):
    """The page's own GPT, once its weights are there."""
    page = watched(f"{site}/{PAGE}", viewport=WIDE)
    second = page.locator(".attn-widget", has=page.locator(".next")).nth(1)
    second.locator("[data-ready=true]").wait_for(timeout=30_000)
    return second


def text(writer):
    return writer.locator(".next-text").inner_text()


def write(writer):
    writer.get_by_role("button", name="Write 40 tokens").click()
    expect(writer.locator(".next .attn-buttons button").first).to_be_enabled(timeout=30_000)
    return text(writer)


def test_the_same_dice_write_the_same_and_others_something_else(writer):
    first = write(writer)
    assert len(first) > len("ROMEO The cat sat on the") + 40
    writer.get_by_role("button", name="Back to the start").click()
    assert write(writer) == first
    writer.get_by_role("slider", name="dice").press("ArrowRight")
    assert write(writer) != first


def test_with_one_token_kept_there_is_nothing_to_draw(writer):
    writer.get_by_role("slider", name="top-k").press("Home")
    assert "1 of 1080 tokens may come" in writer.locator(".next .attn-says").inner_text()
    assert writer.locator(".next-bars tr.cut").count() == 11


def test_a_token_pressed_is_added(writer):
    before = text(writer)
    button = writer.locator(".next-bars th button").first
    piece = button.inner_text().replace("␣", " ")
    button.press("Enter")
    assert text(writer) == before + piece


def test_typed_text_is_read_and_is_only_ever_text(writer):
    field = writer.get_by_role("textbox")
    field.fill("To sleep, or <b>not</b>")
    field.press("Enter")
    assert "The plays have no" in writer.get_by_role("alert").inner_text()
    assert writer.locator("b").count() == 0
    field.fill("To sleep, or not")
    field.press("Enter")
    assert writer.get_by_role("alert").inner_text() == ""
    assert text(writer) == "To sleep, or not"


def test_another_text_is_read_anew(writer):
    writer.get_by_role("combobox", name="text").select_option(label="HAMLET↵To sleep, or not to")
    assert text(writer).replace("\n", "") == "HAMLET↵To sleep, or not to"
    assert writer.get_by_role("textbox").input_value() == "HAMLET↵To sleep, or not to"
