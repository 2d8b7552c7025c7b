"""A reader's own sentence on a bare page: typed, marked where unknown, translated, changed."""

import random

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from test_widgets import PHONE, opened, page
from visits import until

from course import widgets
from course.widgets.page import write_page

ATTACKS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    '"><iframe src="javascript:alert(1)">',
    "javascript:alert(1)",
    "__proto__ constructor toString hasOwnProperty",
    "<pad> <bos> <eos> <unk>",
    "${alert(1)} {{7*7}} %3Cb%3E &lt;b&gt;",
    "\u202ecat\u0000 \ud83d\udc08 𝒄𝒂𝒕 ﷽",
    "cat " * 400,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("translate")
    write_page(folder)
    html = page([widgets.translate()])
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(html.replace("THEME", theme), encoding="utf-8")
    return folder


def ready(watched, folder, theme="light", **context) -> Page:
    shown = opened(watched, f"file://{folder}/{theme}.html", **context)
    shown.wait_for_selector("[data-ready=true]")
    return shown


def write(shown: Page, text: str) -> None:
    shown.get_by_role("textbox").fill(text)


def french(shown: Page) -> str:
    return " ".join(shown.locator(".tl-line.queries button").all_inner_texts())


def test_a_typed_sentence_is_translated_at_once(watched, folder):
    shown = ready(watched, folder)
    write(shown, "The young queen didn't see two cats.")
    assert french(shown) == "la jeune reine n' a pas vu deux chats end"
    assert "“La jeune reine n'a pas vu deux chats”" in shown.locator(".attn-says").inner_text()


def test_a_word_that_is_not_known_is_marked_and_a_near_one_takes_its_place(watched, folder):
    shown = ready(watched, folder)
    before = french(shown)
    write(shown, "the blakc cat sat on the matt")
    assert shown.locator(".tl-line .unknown").all_inner_texts() == ["blakc", "matt"]
    assert shown.get_by_role("alert").inner_text() == (
        "The model knows 417 words, but not “blakc”, “matt”."
    )
    assert french(shown) == before
    shown.get_by_role("button", name="black", exact=True).click()
    shown.get_by_role("button", name="mat", exact=True).click()
    assert shown.get_by_role("textbox").input_value() == "the black cat sat on the mat"
    assert french(shown) == "le chat noir s' est assis sur le tapis end"
    assert shown.locator(".tl-help button").count() == 0


def test_a_prepared_sentence_takes_the_place_of_the_own_one(watched, folder):
    shown = ready(watched, folder)
    write(shown, "two cats sleep")
    shown.get_by_role("combobox", name="sentence").select_option("my young turtles are tired")
    assert shown.get_by_role("textbox").input_value() == "my young turtles are tired"
    assert french(shown).startswith("mes jeunes tortues")


def test_a_word_without_weight_is_not_translated(watched, folder):
    shown = ready(watched, folder)
    write(shown, "the black cat sat on the mat")
    shown.get_by_text("More").click()
    shown.get_by_text("everywhere").click()
    shown.locator(".tl-fold summary").click()
    shown.get_by_role("button", name="no weight of cat for").click()
    assert "chat" not in french(shown)
    assert shown.locator(".tl-before del").count() > 0
    shown.get_by_role("button", name="Undo all changes").click()
    assert french(shown) == "le chat noir s' est assis sur le tapis end"
    assert shown.locator(".tl-before del").count() == 0


def test_a_weight_moved_by_key_makes_the_others_smaller(watched, folder):
    shown = ready(watched, folder)
    shown.locator(".tl-fold summary").click()
    slider = shown.locator(".tl-sliders input").nth(5)
    assert slider.get_attribute("aria-label") == "weight of mat for chat"
    slider.press("End")
    assert slider.evaluate("one => one === document.activeElement")
    shares = shown.locator(".tl-line.keys .digits").all_inner_texts()
    assert shares == ["0.00", "0.00", "0.00", "0.00", "0.00", "1.00"]


def test_a_head_switched_off_is_said_and_comes_back(watched, folder):
    shown = ready(watched, folder)
    shown.locator(".tl-fold summary").click()
    head = shown.get_by_role("group", name="heads of decoder.1.cross_attention").locator("button")
    head.nth(2).press("Enter")
    assert head.nth(2).inner_text() == "head 2 off"
    assert head.nth(2).get_attribute("aria-pressed") == "false"
    shown.get_by_role("button", name="Undo all changes").click()
    assert head.nth(2).inner_text() == "head 2 on"


def test_any_word_shows_where_it_looks_by_pointer_and_by_focus(watched, folder):
    shown = ready(watched, folder)
    expect(shown.locator(".attn-hint", has_text="Point at a word")).to_be_visible()
    hints = shown.locator(".tl > .attn-hint")
    shown.locator(".tl-line.queries button").nth(4).hover()
    assert hints.first.inner_text().startswith("English: where “assis” looks (cross-attention")
    shown.mouse.move(0, 0)
    shown.locator(".tl-line.keys button").nth(1).focus()
    assert "“cat” looks (encoder self-attention, layer 1, all heads)" in hints.first.inner_text()
    shown.keyboard.press("Enter")
    assert shown.locator("summary", has_text="Change where “cat” looks").count() == 1


def test_a_beam_shows_what_it_found(watched, folder):
    shown = ready(watched, folder)
    shown.get_by_text("More").click()
    shown.get_by_text("beam of 4").click()
    found = shown.locator(".tl-found")
    assert found.count() == 4
    assert found.first.inner_text().startswith("Le chat s'est assis sur le tapis")


def test_it_is_written_slowly_word_by_word_and_can_be_stopped(watched, folder):
    shown = ready(watched, folder)
    shown.get_by_role("button", name="Write it slowly").click()
    pressed = shown.locator(".tl-line.queries [aria-pressed=true]")
    assert pressed.inner_text() == "le"
    until(
        shown,
        "document.querySelector('.tl-line.queries [aria-pressed=true]').textContent === 'chat'",
    )
    shown.get_by_role("button", name="Stop").click()
    shown.wait_for_timeout(1200)
    assert pressed.inner_text() == "chat"


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_is_only_text(watched, folder, text):
    shown = ready(watched, folder)
    tags = shown.evaluate("document.querySelectorAll('*').length")
    write(shown, text)
    assert shown.get_by_role("alert").inner_text() != ""
    assert shown.locator(".attn img, .attn script, .attn iframe, .attn b").count() == 0
    assert shown.locator(".tl-line svg").count() == 0
    write(shown, "the cat sat on the mat")
    assert shown.evaluate("document.querySelectorAll('*').length") == tags


def test_10_000_random_strings_are_only_text(watched, folder):
    """Typed one after the other: what stands there is what was typed, and no element of theirs."""
    shown = ready(watched, folder)
    draw = random.Random(0)
    letters = "<>\"'&/=(){}[]`;:#%\\ \n\tabcimgsvgscriptonloadonerror0é\u202e\u0000😀"
    strings = ["".join(draw.choices(letters, k=draw.randint(1, 24))) for _ in range(10_000)]
    strange = shown.evaluate(
        """strings => {
          const field = document.querySelector("input[type=text]");
          const known = "P,OL,LI,BUTTON,SPAN,DIV,DETAILS,SUMMARY,LABEL,INPUT,DEL".split(",");
          return strings.filter((text) => {
            field.value = text;
            field.dispatchEvent(new Event("input"));
            const view = document.querySelector(".tl");
            const foreign = [...view.querySelectorAll("*")].some((one) =>
              !known.includes(one.tagName) ||
              [...one.attributes].some(({ name }) => name.startsWith("on")));
            const typed = [...view.querySelectorAll(".tl-line.keys .tl-word")];
            return foreign || typed.some((one) => one.childElementCount > 0);
          });
        }""",
        strings,
    )
    assert strange == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_axe_finds_nothing_serious(watched, folder, theme):
    shown = ready(watched, folder, theme, viewport=PHONE, reduced_motion="reduce")
    for fold in shown.locator("summary").all():
        fold.click()
    write(shown, "the old catt sat on the mat")
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(shown).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
