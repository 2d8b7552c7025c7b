"""Heads on and off on a bare page: by mouse, by keyboard, on a phone, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page
from test_widgets import PHONE, opened, page

from course import widgets
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("heads")
    write_page(folder)
    html = page([widgets.heads_on_off(sentence=1)])
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(html.replace("THEME", theme), encoding="utf-8")
    return folder


def ready(watched, address, **context) -> Page:
    shown = opened(watched, address, **context)
    shown.wait_for_selector("[data-ready=true]")
    return shown


def head(shown: Page, name: str) -> Locator:
    return shown.get_by_role("button", name=name)


def test_a_head_is_switched_off_and_the_lost_words_are_marked(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html")
    one = head(shown, "decoder.1.cross_attention head 2")
    one.press("Enter")
    assert one.get_attribute("aria-pressed") == "false"
    assert shown.locator("del").all_inner_texts() == ["l'"]
    assert shown.locator("ins").all_inner_texts() == ["la"]
    assert shown.locator("[aria-atomic]").inner_text() == "1 head off: 1 of 8 words lost, 1 new."
    one.press(" ")
    assert one.get_attribute("aria-pressed") == "true"
    assert shown.locator("[aria-atomic]").inner_text() == "All heads are on."


def test_a_layer_is_switched_off_whole_and_all_heads_come_back(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html")
    shown.get_by_role("button", name="encoder.1.self_attention", exact=True).click()
    assert shown.locator("[aria-pressed=false]").count() == 4
    assert '"encoder.1.self_attention": [0, 1, 2, 3]' in shown.locator(".heads-code").inner_text()
    shown.get_by_role("button", name="All heads on").click()
    assert shown.locator("[aria-pressed=false]").count() == 0


def test_a_head_is_enlarged_by_a_pointer_that_moves_not_by_a_page_that_does(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html")
    named = shown.locator(".heads-below .attn-hint").last
    before = named.inner_text()
    place = head(shown, "encoder.0.self_attention head 2").bounding_box()
    x, y = place["x"] + 9, place["y"] + 9
    shown.evaluate("document.body.style.paddingTop = '300px'")
    shown.mouse.move(x, y)
    shown.evaluate("document.body.style.paddingTop = ''")
    shown.wait_for_function("document.querySelector('.heads-head:hover')")
    assert named.inner_text() == before
    shown.mouse.move(x + 2, y)
    assert named.inner_text() == "encoder.0.self_attention, head 2"


def test_another_sentence_keeps_the_heads_off(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html")
    head(shown, "encoder.1.self_attention head 2").click()
    assert shown.locator("ins").all_inner_texts() == ["le", "allé"]
    shown.get_by_role("combobox").select_option("my young turtles are tired")
    assert "jeunes" in shown.locator("del").all_inner_texts()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_axe_finds_nothing_serious(watched, folder, theme):
    shown = ready(watched, f"file://{folder}/{theme}.html", viewport=PHONE)
    head(shown, "decoder.0.self_attention head 1").click()
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(shown).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
