"""The pictures of positions on a bare page: sliders by keyboard, on a phone, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from test_widgets import PHONE, opened, page

from course import widgets
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("positions")
    write_page(folder)
    html = page([widgets.positions(), widgets.position_curves()])
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(html.replace("THEME", theme), encoding="utf-8")
    return folder


def wheels(shown: Page) -> list[str]:
    hands = shown.locator(".hand.query").all()
    return [hand.get_attribute("transform") for hand in hands]


def said(shown: Page) -> str:
    return shown.locator(".positions-sentence").inner_text()


def test_shifting_both_turns_every_wheel_and_leaves_the_score(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    before, score = wheels(shown), said(shown).rpartition(":")[2]
    shown.get_by_label("shift both").press("End")
    assert said(shown) == f"Query at place 65, key at place 62 (3 before it):{score}"
    assert all(was != now for was, now in zip(before, wheels(shown), strict=True))


def test_moving_one_changes_the_score(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    before = said(shown)
    shown.get_by_label("key’s place").press("ArrowRight")
    assert "key at place 3 (2 before it)" in said(shown)
    assert before.rpartition(":")[2] != said(shown).rpartition(":")[2]


def test_a_larger_base_slows_all_pairs_but_the_first(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    speeds = shown.locator(".positions-wheels text.quiet")
    before = speeds.all_text_contents()
    shown.get_by_label("base").press("End")
    after = [float(text.partition("°")[0]) for text in speeds.all_text_contents()]
    assert after[0] == float(before[0].partition("°")[0])
    assert all(
        now < float(was.partition("°")[0]) for was, now in zip(before[1:], after[1:], strict=True)
    )


def test_a_scheme_is_chosen_and_its_curves_drawn(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    first = shown.locator(".curves svg").first
    assert first.locator(".curve").count() == 4
    shown.get_by_text("sinusoidal", exact=True).click()
    assert first.locator(".curve").count() == 1
    shown.get_by_text("ALiBi", exact=True).click()
    shown.get_by_label("heads of ALiBi").press("End")
    assert first.locator(".curve").count() == 16


def test_only_alibi_asks_for_its_heads(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    heads = shown.get_by_label("heads of ALiBi")
    assert heads.is_visible()
    for scheme in ("none", "sinusoidal", "T5 buckets", "RoPE"):
        shown.get_by_text(scheme, exact=True).click()
        assert not heads.is_visible()
    shown.get_by_text("ALiBi", exact=True).click()
    assert heads.is_visible()


def test_rope_shows_a_curve_per_pair(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    shown.get_by_text("RoPE", exact=True).click()
    assert shown.locator(".curves svg").first.locator(".curve").count() == 4
    assert "every 6 places" in shown.locator(".curves-sentence").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_hinders_access(watched, folder, theme):
    shown = opened(watched, f"file://{folder}/{theme}.html")
    found = Axe().run(shown).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_it_fits_a_phone(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html", viewport=PHONE)
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
