"""What is dragged by mouse is dragged by a finger too, and the page stays where it is."""

import pytest
from hands import middle_of
from playwright.sync_api import Locator, Page
from test_widgets import PHONE, opened, page
from visits import until

from course import widgets
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("touch")
    write_page(folder)
    html = page([widgets.qkv_lab(), widgets.two_sources(), widgets.translator_attention()]).replace(
        "THEME", "light"
    )
    (folder / "index.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture
def phone(watched, folder) -> Page:
    return opened(watched, f"file://{folder}/index.html", viewport=PHONE, has_touch=True)


def swipe(page: Page, start: tuple[float, float], by: tuple[float, float], steps: int = 14) -> None:
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: dict[str, float]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    x, y = start
    touch("touchStart", {"x": x, "y": y})
    for step in range(1, steps + 1):
        touch("touchMove", {"x": x + by[0] * step / steps, "y": y + by[1] * step / steps})
        page.wait_for_timeout(16)
    touch("touchEnd")


def scrolled(page: Page) -> float:
    return float(page.evaluate("scrollY"))


def numbers(vector: Locator) -> list[float]:
    text = str(vector.get_attribute("aria-valuetext")).replace("−", "-")
    return [float(number) for number in text.split(", ")]


@pytest.mark.parametrize("by", [(0, 70), (0, -70), (-50, 40)])
def test_an_arrow_follows_a_finger(phone, by):
    key = phone.get_by_role("slider", name="key of cat")
    start = middle_of(key.locator(".grip"))
    x, y = numbers(key)
    before = scrolled(phone)
    swipe(phone, start, by)
    unit = phone.locator("svg.plane").first.bounding_box()["width"] / 4.6
    expected = [x + by[0] / unit, y - by[1] / unit]
    assert numbers(key) == pytest.approx(expected, abs=0.15)
    assert scrolled(phone) == before


def test_beside_the_arrows_a_finger_scrolls_the_page(phone):
    plane = phone.locator("svg.plane").first
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    before = scrolled(phone)
    swipe(phone, (box["x"] + 8, box["y"] + box["height"] / 2), (0, -150))
    until(phone, f"scrollY > {before + 50}")


@pytest.mark.parametrize("place", [".two-words", ".attn-words.keys"])
def test_a_word_follows_a_finger(phone, place):
    phone.locator("[data-ready=true]").wait_for()
    words = phone.locator(f"{place} button")
    first, *others = words.all_inner_texts()
    start, end = middle_of(words.first), middle_of(words.last)
    before = scrolled(phone)
    swipe(phone, start, (end[0] - start[0], end[1] - start[1]))
    assert words.all_inner_texts() == [*others, first]
    assert scrolled(phone) == before
