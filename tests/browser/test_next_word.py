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


HEADS = ".next-heads button"


def test_every_head_shows_where_the_last_token_looks_and_can_be_chosen(writer):
    heads = writer.locator(HEADS)
    assert heads.count() == 16
    assert writer.locator(f"{HEADS}[aria-pressed=true]").count() == 0  # the average of all
    chosen = writer.get_by_role("button", name="layer 3, head 1: most at “")
    chosen.click()
    expect(chosen).to_have_attribute("aria-pressed", "true")
    menus = [writer.get_by_role("combobox", name=name) for name in ("where it looks", "head")]
    assert [menu.locator("option:checked").inner_text() for menu in menus] == ["layer 3", "head 1"]
    told = chosen.get_attribute("aria-label").split("most at ")[1]
    says = writer.locator(".next .attn-says").inner_text()
    assert f"looks most at {told.replace(', ', ', with ')}." in says
    chosen.press("ArrowUp")
    writer.page.keyboard.press("Enter")
    assert (
        writer.locator(f"{HEADS}[aria-pressed=true]")
        .get_attribute("aria-label")
        .startswith("layer 2, head 1")
    )
    writer.page.keyboard.press("Enter")
    assert menus[1].locator("option:checked").inner_text() == "average of all"


def test_the_head_most_like_an_induction_head_is_lit_where_a_token_comes_again(writer):
    assert writer.locator(f"{HEADS}.lit").count() == 0
    assert "induction" not in writer.locator(".next .attn-says").inner_text()
    field = writer.get_by_role("textbox")
    field.fill("ROSALIND↵Zounds zounds z")
    lit = writer.locator(f"{HEADS}.lit")
    expect(lit).to_have_count(1)
    name = lit.get_attribute("aria-label")
    assert name.endswith("; most like an induction head")
    says = writer.locator(".next .attn-says").inner_text()
    assert f"Most like an induction head: {name.split(':')[0]}. On what followed “z”" in says
    assert writer.locator(".next-piece.follows").all_inner_texts() == ["ound"]


def test_strips_stand_still_while_a_slider_moves(writer):
    names = "all => all.map((one) => one.lastChild.getAttribute('style'))"
    before = writer.locator(HEADS).evaluate_all(names)
    writer.locator(HEADS).evaluate_all("""all => {
      window.altered = 0;
      const seen = new MutationObserver((list) => { window.altered += list.length; });
      const everything = { subtree: true, attributes: true, childList: true };
      for (const one of all) seen.observe(one, everything);
    }""")
    for name in ("temperature", "top-k", "top-p"):
        writer.get_by_role("slider", name=name).press("Home")
    assert writer.page.evaluate("window.altered") == 0
    writer.locator(".next-bars th button").first.click()
    assert writer.locator(HEADS).evaluate_all(names) != before
