"""The tour on a bare page: from step to step, by keyboard, resumed from its address."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from hands import silent_controls
from playwright.sync_api import Page
from test_widgets import PHONE, opened, page

from course import widgets
from course.widgets._tour import STEPS
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tour")
    write_page(folder)
    html = page([widgets.tour()])
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(html.replace("THEME", theme), encoding="utf-8")
    (folder / "q_k.html").write_text(
        page([widgets.tour(step=5)]).replace("THEME", "light"), encoding="utf-8"
    )
    return folder


def ready(watched, address, **context) -> Page:
    shown = opened(watched, address, **context)
    shown.wait_for_selector("[data-ready=true]")
    return shown


def title(shown: Page) -> str:
    return shown.locator(".tour-title").inner_text()


def test_it_is_walked_to_its_end_and_back_to_the_map_by_keyboard(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html")
    said = set()
    following = shown.get_by_role("button", name="Next", exact=True)
    following.focus()
    for step in range(1, STEPS + 1):
        assert title(shown).startswith(f"{step} of {STEPS} · ")
        said.add(shown.locator(".tour .attn-says").inner_text())
        shown.keyboard.press("Enter")
    assert len(said) == STEPS
    assert following.is_disabled()
    shown.get_by_role("button", name="Back to the map").press("Enter")
    assert title(shown) == f"1 of {STEPS} · A sentence goes in"


def test_a_part_of_the_map_is_gone_to(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html")
    shown.get_by_role("button", name="next word").click()
    assert title(shown) == f"13 of {STEPS} · The next word"
    assert "After “le” comes “chat”" in shown.locator(".tour .attn-says").inner_text()
    shown.get_by_label("after the French word").select_option("sur")
    assert "After “sur” comes “le”" in shown.locator(".tour .attn-says").inner_text()


def test_a_number_is_shown_with_what_it_is_the_sum_of(watched, folder):
    shown = ready(watched, f"file://{folder}/q_k.html")
    shown.get_by_label("looked at").select_option("cat")
    terms = shown.locator(".tour-terms li span:last-child").all_inner_texts()
    assert len(terms) == 24
    total = sum(float(text.replace("−", "-")) for text in terms) / 24**0.5
    told = shown.locator(".tour-sum").inner_text()
    assert told.startswith("score of “cat” with “cat” = ")
    value = float(told.split("= ")[1].split(":")[0].replace("−", "-"))
    assert total == pytest.approx(value, abs=0.005)


def test_it_is_stopped_and_resumed_at_any_place(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html")
    shown.get_by_role("slider", name="step of the tour").fill("6")
    shown.get_by_label("English word").select_option("mat")
    shown.wait_for_timeout(300)
    address = shown.evaluate("location.href")
    other = ready(watched, address)
    assert title(other) == f"6 of {STEPS} · Softmax: shares of one"
    assert other.get_by_label("English word").input_value() == "mat"


def test_it_goes_by_itself_until_it_is_stopped(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html")
    shown.get_by_role("button", name="Go by itself").click()
    shown.wait_for_function("document.querySelector('.tour-title').textContent.startsWith('2 ')")
    shown.get_by_role("button", name="Stop").click()
    assert shown.get_by_role("button", name="Go by itself").is_enabled()


def test_every_control_of_one_pair_changes_the_picture(watched, folder):
    shown = ready(watched, f"file://{folder}/q_k.html")
    assert silent_controls(shown.locator(".attn-widget")) == []


@pytest.mark.parametrize("step", [1, 3, 5, 7, 9, 13])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_axe_finds_nothing_serious(watched, folder, theme, step):
    shown = ready(watched, f"file://{folder}/{theme}.html#tour.step={step}", viewport=PHONE)
    assert title(shown).startswith(f"{step} of")
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(shown).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
