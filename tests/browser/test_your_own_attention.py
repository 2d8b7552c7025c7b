"""A reader's own words on a bare page: typed, moved, masked, and every number traced."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from hands import silent_controls
from playwright.sync_api import Locator, Page, expect
from test_translate import ATTACKS
from test_widgets import PHONE, opened, page
from visits import WIDE

from course import widgets
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    write_page(folder)
    html = page([widgets.your_own_attention()])
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(html.replace("THEME", theme), encoding="utf-8")
    return folder


def ready(watched, folder, theme="light", **context) -> Page:
    return opened(watched, f"file://{folder}/{theme}.html", **context)


def write(shown: Page, text: str) -> None:
    shown.get_by_role("textbox").fill(text)


def words(shown: Page) -> list[str]:
    return shown.locator(".own-words button").all_inner_texts()


def cell(shown: Page, what: str, place: int = 0) -> Locator:
    return shown.get_by_role("button", name=what).nth(place)


def said(shown: Page) -> Locator:
    return shown.locator(".attn-says[aria-atomic]")


def lit(shown: Page) -> Locator:
    return shown.locator(".own-steps .lit")


def test_a_number_lights_its_part_of_the_formula_and_shows_its_sum(watched, folder):
    shown = ready(watched, folder)
    equation = shown.locator(".own-equation .lit")
    cell(shown, "score of sat").click()
    expect(equation).to_have_text("q · k / √3")
    expect(lit(shown)).to_contain_text("score of “sat” for “cat”")
    expect(lit(shown)).to_contain_text(f"= {cell(shown, 'score of sat').inner_text()}")
    cell(shown, "weight of sat").click()
    expect(equation).to_have_text("softmax(q · k / √3)")
    expect(lit(shown)).to_contain_text(f"= {cell(shown, 'weight of sat').inner_text()}")
    cell(shown, "output 2").click()
    expect(equation).to_have_text("Σ softmax(q · k / √3) · v")
    expect(lit(shown)).to_contain_text(f"= {cell(shown, 'output 2').inner_text()}")
    expect(said(shown)).to_contain_text("Lit: output 2 is")


def test_a_key_moved_towards_the_query_gets_the_weight(watched, folder):
    shown = ready(watched, folder)
    weight = cell(shown, "weight of sat")
    weight.click()
    before = float(weight.inner_text())
    back = shown.get_by_role("button", name="Put the vectors back")
    expect(back).to_be_disabled()
    shown.get_by_role("spinbutton", name="key of sat, number 2").fill("4.96")
    shown.get_by_role("spinbutton", name="key of sat, number 2").press("Enter")
    slider = shown.get_by_role("slider", name="key of sat, number 2")
    expect(slider).to_have_attribute("aria-valuetext", "5.0")
    assert float(weight.inner_text()) > before
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "−5.0")
    assert float(weight.inner_text()) < before
    back.click()
    assert float(weight.inner_text()) == before


def test_what_is_no_number_is_put_back(watched, folder):
    shown = ready(watched, folder)
    field = shown.get_by_role("spinbutton", name="query of cat, number 2")
    before = field.input_value()
    for typed in ("", "e"):
        field.fill("")
        field.press_sequentially(typed)
        field.press("Enter")
        expect(field).to_have_value(before)


def test_a_hidden_word_gets_nothing_and_is_said_to_be_hidden(watched, folder):
    shown = ready(watched, folder)
    shown.get_by_role("combobox", name="mask").select_option("hide words")
    group = shown.get_by_role("group", name="hidden words")
    group.get_by_role("button", name="mat").click()
    expect(group.get_by_role("button", name="mat")).to_have_attribute("aria-pressed", "true")
    expect(cell(shown, "weight of mat")).to_have_text("0.000")
    cell(shown, "weight of mat").click()
    expect(lit(shown)).to_contain_text("the mask hides this key")
    expect(said(shown)).to_contain_text("hidden by the mask")
    for one in group.locator("[aria-pressed=false]").all_inner_texts():
        group.locator("[aria-pressed=false]").get_by_text(one, exact=True).first.click()
    expect(said(shown)).to_contain_text("looks at nobody, and its output is 0")


def test_words_the_table_lacks_have_zeros_and_near_ones_are_offered(watched, folder):
    shown = ready(watched, folder)
    write(shown, "the kat sat")
    shown.get_by_text("from the translator").click()
    expect(shown.locator(".own-help")).to_contain_text("“kat” is not in the table")
    expect(cell(shown, "score of kat")).to_have_text("0.00")
    shown.locator(".own-help").get_by_role("button", name="cat").click()
    assert words(shown) == ["the", "cat", "sat"]
    expect(shown.get_by_role("textbox")).to_have_value("the cat sat")
    assert shown.locator(".own-help button").count() == 0


def test_more_than_twelve_words_and_none_are_said(watched, folder):
    shown = ready(watched, folder)
    write(shown, "a b c d e f g h i j k l m n")
    assert words(shown) == list("abcdefghijkl")
    expect(shown.locator(".own-problem")).to_have_text("That is 14 words; the first 12 take part.")
    write(shown, "  ")
    expect(said(shown)).to_have_text("Type at least one word.")
    expect(shown.locator(".own-table")).to_be_hidden()
    write(shown, "again")
    expect(cell(shown, "weight of again")).to_have_text("1.000")


@pytest.mark.parametrize("source", ["by hand", "from the translator"])
def test_whatever_is_typed_is_only_text(watched, folder, source):
    shown = ready(watched, folder)
    shown.get_by_text(source).click()
    for text in ATTACKS:
        write(shown, text)
        assert len(words(shown)) == min(len(text.split()), 12)
        for part in ("img", "script", "iframe", ".own svg:not(.attn-map)"):
            assert shown.locator(f".attn {part}").count() == 0
    write(shown, "cat")
    assert words(shown) == ["cat"]


def test_arrow_keys_lead_through_the_table(watched, folder):
    shown = ready(watched, folder)
    cell(shown, "score of the").focus()
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowDown")
    expect(cell(shown, "weight of cat")).to_be_focused()
    shown.keyboard.press("Enter")
    expect(lit(shown)).to_contain_text("weight of “cat” for “cat”")


def test_no_control_is_silent_with_two_heads_and_a_mask(watched, folder):
    shown = ready(watched, folder)
    write(shown, "only three words")
    shown.get_by_role("combobox", name="mask").select_option("hide words")
    shown.get_by_role("combobox", name="weights by").select_option("sigmoid")
    shown.get_by_role("slider", name="heads").fill("2")
    assert silent_controls(shown.locator(".attn-widget")) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, WIDE])
def test_nothing_is_wrong_for_a_screen_reader_or_a_phone(watched, folder, theme, viewport):
    shown = ready(watched, folder, theme, viewport=viewport)
    shown.get_by_role("combobox", name="mask").select_option("hide words")
    shown.get_by_role("slider", name="heads").fill("4")
    write(shown, "twelve words is what the widest table of a reader's own can hold")
    found = Axe().run(shown)
    assert found.violations_count == 0, found.generate_report()
    assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
