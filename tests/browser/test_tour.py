"""The tour on a bare page: from step to step, by keyboard, resumed from its address."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from hands import silent_controls
from playwright.sync_api import Page
from test_widgets import PHONE, opened, page

from course import widgets
from course.widgets._tour import STEPS
from course.widgets.page import write_page

# What of the picture stands below the place that all steps have.
OVER = """() => {
  const end = document.querySelector(".tour").getBoundingClientRect().bottom + 1;
  const parts = document.querySelectorAll(".tour-strip, .tour-bars li, .tour-sum, .tour-terms");
  return [...parts].filter((one) => one.getBoundingClientRect().bottom > end)
    .map((one) => one.textContent);
}"""


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
    assert title(shown) == f"14 of {STEPS} · The next word"
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
    value = float(told.split("= ")[1].replace("−", "-"))
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


@pytest.mark.parametrize("step", [5, 9, 12])
def test_every_control_of_a_step_changes_the_picture(watched, folder, step):
    shown = ready(watched, f"file://{folder}/light.html#tour.step={step}")
    assert silent_controls(shown.locator(".attn-widget")) == []


def test_a_number_of_a_strip_is_pressed_and_worked_out(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html#tour.step=4")
    sum_of = shown.locator(".tour-sum")
    assert sum_of.inner_text().startswith("q₇ of “cat” = ")
    strip = shown.get_by_role("img", name="sat: 24 numbers")
    strip.click(position={"x": strip.bounding_box()["width"] * 5.5 / 24, "y": 9})
    assert sum_of.inner_text().startswith("k₅ of “sat” = ")
    value = strip.get_attribute("aria-label").split("number 5 is ")[1]
    assert sum_of.inner_text().split(" = ")[1].startswith(value[:-1])
    assert shown.get_by_label("worked out").input_value() == "key"
    assert shown.get_by_label("looked at").input_value() == "sat"


def test_what_is_worked_out_is_chosen_by_keyboard_and_stands_in_the_address(watched, folder):
    shown = ready(watched, f"file://{folder}/light.html#tour.step=10")
    shown.get_by_label("worked out").select_option("answer")
    slider = shown.get_by_role("slider", name="which number")
    slider.press("ArrowRight")
    assert shown.locator(".tour-sum").inner_text().startswith("a₈ of “cat” = ")
    assert shown.locator(".tour-terms li").count() == 192 + 1  # and the bias
    shown.wait_for_timeout(300)
    told = shown.locator(".tour-number").inner_text()
    other = ready(watched, shown.evaluate("location.href"))
    assert other.locator(".tour-number").inner_text() == told


@pytest.mark.parametrize("line", ["nothing", "toString"])
def test_an_address_names_no_line_that_is_not_there(watched, folder, line):
    shown = ready(watched, f"file://{folder}/light.html#tour.step=3&tour.line={line}")
    shown.get_by_role("button", name="Next", exact=True).click()
    assert shown.locator(".tour-sum").inner_text().startswith("q₇ of “cat” = ")
    shown.wait_for_function("location.href.includes('step=4')")
    assert line not in shown.evaluate("location.href")


@pytest.mark.parametrize("step", [4, 8, 10])
def test_another_number_of_a_step_builds_nothing_anew(watched, folder, step):
    shown = ready(watched, f"file://{folder}/light.html#tour.step={step}")
    shown.evaluate("""() => {
      window.built = 0;
      const seen = new MutationObserver((records) => { built += records.length; });
      seen.observe(document.querySelector(".tour"), { childList: true, subtree: true });
    }""")
    slider = shown.get_by_role("slider", name="which number")
    before = shown.locator(".tour-terms").inner_text()
    slider.press("End")
    assert shown.locator(".tour-terms").inner_text() != before
    assert shown.evaluate("built") == 0


@pytest.mark.parametrize("width", [720, 830])
@pytest.mark.parametrize("sentence", [0, 5])
def test_on_a_desk_all_steps_are_of_one_height(watched, folder, width, sentence):
    """So wide is the picture in a page of the book; the second sentence has twice the words."""
    window = {"width": width, "height": 900}
    shown = ready(watched, f"file://{folder}/light.html#tour.sentence={sentence}", viewport=window)
    slider = shown.get_by_role("slider", name="step of the tour")
    tall = []
    for step in range(1, STEPS + 1):
        slider.fill(f"{step}")
        assert title(shown).startswith(f"{step} of ")
        tall.append(shown.locator(".tour").bounding_box()["height"])
        assert shown.evaluate(OVER) == [], step
    assert max(tall) - min(tall) <= 30


@pytest.mark.parametrize("step", [1, 3, 5, 7, 9, 10, 14])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_axe_finds_nothing_serious(watched, folder, theme, step):
    shown = ready(watched, f"file://{folder}/{theme}.html#tour.step={step}", viewport=PHONE)
    assert title(shown).startswith(f"{step} of")
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(shown).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
