"""The head explorer on a bare page: found by score, opened, saved; on a phone, light and dark."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from test_widgets import opened, page

from attnlib import MultiHeadAttention
from attnlib.inspect import explore
from course import widgets
from course.widgets.page import write_page

NARROW = {"width": 320, "height": 700}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    write_page(folder)
    html = page([widgets.head_explorer(text=1, layer=17, head=4)])
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(html.replace("THEME", theme), encoding="utf-8")
    return folder


def status(shown: Page):
    return shown.locator("[aria-atomic]").first


def test_a_head_is_found_by_its_score_opened_and_read(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    grid = shown.get_by_role("group", name="All heads").get_by_role("button")
    assert grid.count() == 270
    expect(status(shown)).to_contain_text("Layer 17, head 4: induction 0.")
    first = shown.locator(".explore-first button")
    first.nth(0).press("Enter")
    expect(first.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(status(shown)).to_contain_text("Layer 18, head 6")
    shown.get_by_role("button", name="Layer 18, head 6", exact=False).first.press("ArrowRight")
    expect(status(shown)).to_contain_text("Layer 18, head 7")
    shown.get_by_label("previous token").check()
    expect(status(shown)).to_contain_text("previous token 0.")
    shown.get_by_label("lowest first").check()
    expect(first.nth(0)).to_contain_text(": 0.0")


def test_another_model_has_its_own_heads_and_cross_attention_an_entropy_alone(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    shown.get_by_role("combobox").select_option("translator, a pronoun")
    grid = shown.get_by_role("group", name="All heads").get_by_role("button")
    expect(grid).to_have_count(24)
    cross = shown.get_by_role("button", name="decoder.1.cross attention, head 2: induction none")
    cross.click()
    expect(status(shown)).to_contain_text("has no induction score")
    shown.get_by_label("entropy").check()
    expect(status(shown)).to_contain_text("entropy")
    expect(shown.get_by_role("list", name="Words looked at").get_by_role("listitem")).to_have_count(
        12
    )


@pytest.mark.parametrize("what", ["all heads", "this head"])
def test_what_is_saved_is_a_picture_that_needs_no_page(watched, folder, what):
    shown = opened(watched, f"file://{folder}/light.html")
    with shown.expect_download() as saved:
        shown.get_by_role("button", name=f"Save {what} as SVG").click()
    drawing = ElementTree.fromstring(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(drawing) > 270
    assert all("var(" not in value for part in drawing for value in part.attrib.values())


def test_the_small_maps_are_saved_as_they_are_shown(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    shown.get_by_label("small maps").check()
    with shown.expect_download() as saved:
        shown.get_by_role("button", name="Save all heads as SVG").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    drawing = ElementTree.fromstring(text)
    assert len(drawing.findall("{*}g")) == 270
    assert len(text) < 600_000


def test_a_map_of_many_words_has_letters_that_can_be_read(watched, tmp_path):
    model = MultiHeadAttention(8, 2)
    words = [f"word{place}" for place in range(60)]
    tokens = torch.zeros(1, 60).long()
    heads = explore(model, tokens, words=words, run=lambda: model(torch.randn(1, 60, 8)))
    write_page(tmp_path)
    (tmp_path / "many.html").write_text(page([widgets.head_explorer(heads)]), encoding="utf-8")
    for width in (1200, 390):
        shown = opened(
            watched, f"file://{tmp_path}/many.html", viewport={"width": width, "height": 900}
        )
        heights = shown.locator(".attn-map text.query").evaluate_all(
            "all => all.map((one) => parseFloat(getComputedStyle(one).fontSize)"
            " * one.ownerSVGElement.getScreenCTM().a)"
        )
        assert 15 <= len(heights) <= 20
        assert min(heights) >= 8.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_the_narrowest_screen_and_axe_finds_nothing_serious(watched, folder, theme):
    shown = opened(watched, f"file://{folder}/{theme}.html", viewport=NARROW)
    shown.get_by_label("small maps").check()
    for model in ("MiniLM, a pronoun", "translator, a pronoun"):
        shown.get_by_role("combobox").select_option(model)
        assert shown.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    found = Axe().run(shown).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
