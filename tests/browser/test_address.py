"""A widget's state in the page's address: a link brings the same picture, and nothing but that."""

import json
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hands import DRAWN
from playwright.sync_api import Page
from test_small_pictures import recorded
from test_widgets import opened, page

from course import widgets
from course.widgets.page import write_page

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "__proto__",
    '{"__proto__": {"polluted": 1}}',
    '{"constructor": {"prototype": {"polluted": 1}}}',
    "1e999",
    "NaN",
    "-1",
    "99999999",
    "0.5",
    "null",
    "[]",
    "{}",
    '"0"',
    "%",
    "%E0%A4%A",
    "\u202e\u0000",
    "[" * 5000,
    "a" * 30_000,
)


NAMES = (
    *(
        f"translate.{name}"
        for name in ("sentence", "layer", "head", "search", "word", "edits", "off")
    ),
    *(f"qkv_lab.{name}" for name in ("token", "scaled", "key", "query")),
    *(
        f"your_own_attention.{name}"
        for name in ("source", "score", "mask", "heads", "word", "chosen", "hidden", "edits")
    ),
    *("two_sources.order", "heads_on_off.off", "mask_builder.width", "mask_builder.painted"),
    *("heads_on_off.enlarged", "where_it_looks.off", "where_it_looks.place", "maps.row"),
    *(
        "translator_attention.step",
        "translator_attention.order",
        "__proto__.polluted",
        "constructor.prototype",
        "translate.__proto__",
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("address")
    write_page(folder)
    panels = [widgets.translate(), widgets.qkv_lab(), widgets.two_sources(), widgets.qkv_lab("on")]
    panels += [widgets.translator_attention(), widgets.heads_on_off(), widgets.mask_builder()]
    panels += [widgets.your_own_attention(), widgets.where_it_looks(), recorded()]
    html = page(panels).replace("THEME", "light").replace("<h1>", '<h1 id="top">')
    html = html.replace("</main>", '<h2 id="end" style="margin-top:3000px">End</h2></main>')
    (folder / "index.html").write_text(html, encoding="utf-8")
    return folder


def ready(watched, folder, fragment="", **context) -> Page:
    shown = opened(watched, f"file://{folder}/index.html{fragment}", **context)
    settle(shown)
    return shown


def settle(shown: Page) -> None:
    shown.wait_for_function("document.querySelectorAll('[data-ready=true]').length === 4")
    shown.wait_for_function(
        "[...document.querySelectorAll('.attn-widget')].every((one) => one.dataset.live)"
    )


SEEN = """widget => {
  const told = (one) => ["aria-valuetext", "aria-pressed"].map((name) => one.getAttribute(name));
  const controls = widget.querySelectorAll(
    "input:not([readonly]), select, [aria-pressed], [role=slider]");
  return JSON.stringify([
    [...widget.querySelectorAll(".attn")].map((view) => view.innerText),
    [...controls].map((one) => [one.value, one.checked, ...told(one)]),
  ]);
}"""


def pictures(shown: Page) -> list[str]:
    """What each widget shows in words and numbers, and where each of its controls stands."""
    shown.evaluate(DRAWN)
    return [widget.evaluate(SEEN) for widget in shown.locator(".attn-widget").all()]


def fragment(shown: Page) -> str:
    shown.wait_for_timeout(300)  # it is written once the reader rests
    return str(shown.evaluate("location.hash"))


def change(shown: Page) -> None:
    """Something in every widget."""
    typed = shown.locator("#live-translate").get_by_role("textbox")
    typed.fill("The black cat didn't sit & <b>sleep</b>")
    typed.fill("the black cat did not sit")
    lab = shown.locator("#live-qkv_lab")
    lab.get_by_role("slider", name="key of cat").press("ArrowUp")
    lab.get_by_role("checkbox").uncheck()
    shown.locator("#live-qkv_lab-2").get_by_role("slider", name="value of mat").press("ArrowUp")
    shown.get_by_role("button", name="Reverse the words").click()
    translator = shown.locator("#live-translator_attention")
    translator.get_by_role("combobox", name="sentence").select_option(index=10)
    translator.get_by_role("slider", name="French word").press("End")
    heads = shown.locator("#live-heads_on_off")
    heads.get_by_role("combobox", name="sentence").select_option(index=3)
    shown.locator("#live-mask_builder").get_by_role("slider", name="window").press("End")
    own = shown.locator("#live-your_own_attention")
    own.get_by_role("textbox").fill("my <b>own</b> words & more")
    own.get_by_role("slider", name="heads").press("ArrowRight")
    own.get_by_role("combobox", name="mask").select_option("hide words")
    own.get_by_role("group", name="hidden words").get_by_role("button", name="more").click()
    own.get_by_role("button", name="head 1").click()
    own.get_by_role("button", name="output 2").click()
    own.get_by_role("slider", name="query of").first.press("ArrowRight")
    digit = shown.locator("#live-where_it_looks")
    digit.get_by_role("button", name="Blank the patch it looks at most").click()
    shown.locator("#live-maps").get_by_role("button", name="b").click()


def test_a_link_brings_the_same_pictures_into_another_browser(watched, folder):
    shown = ready(watched, folder)
    first = pictures(shown)
    change(shown)
    changed = pictures(shown)
    assert all(one != other for one, other in zip(first, changed, strict=True))
    assert pictures(ready(watched, folder, fragment(shown))) == changed


def test_what_stands_as_at_first_is_not_in_the_address(watched, folder):
    shown = ready(watched, folder)
    assert fragment(shown) == ""
    box = shown.locator("#live-qkv_lab").get_by_role("checkbox")
    box.uncheck()
    assert fragment(shown) == "#qkv_lab.scaled=false"
    box.check()
    assert fragment(shown) == ""


def test_two_widgets_of_a_kind_keep_apart(watched, folder):
    shown = ready(watched, folder, "#qkv_lab-2.scaled=false")
    boxes = [
        shown.locator(f"#live-{name}").get_by_role("checkbox") for name in ("qkv_lab", "qkv_lab-2")
    ]
    assert [box.is_checked() for box in boxes] == [True, False]


def test_the_button_copies_a_link_to_its_widget_alone(watched, folder):
    shown = ready(watched, folder)
    shown.evaluate(
        "() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }"
    )
    change(shown)
    share = shown.locator("#live-qkv_lab-2 .attn-share")
    share.get_by_role("button", name="Copy link").click()
    assert share.locator("[aria-live]").inner_text() == "Copied"
    link = shown.evaluate("window.copied")
    assert "#live-qkv_lab-2&qkv_lab-2.value=" in link
    assert "translate." not in link
    other = ready(watched, folder, "#" + link.split("#")[1])
    assert other.evaluate("scrollY") > 0
    assert pictures(other)[3] == pictures(shown)[3]


def test_where_the_browser_lets_nothing_be_copied_the_link_is_selected(watched, folder):
    shown = ready(watched, folder)
    shown.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    share = shown.locator("#live-qkv_lab .attn-share")
    share.get_by_role("button", name="Copy link").click()
    field = share.get_by_label("Link to this picture")
    assert field.input_value().endswith("/index.html#live-qkv_lab")
    assert shown.evaluate("getSelection().toString() || document.activeElement.value").startswith(
        "file://"
    )


def test_reload_keeps_what_the_address_says_and_more(watched, folder):
    shown = ready(watched, folder)
    change(shown)
    before = pictures(shown)
    fragment(shown)
    shown.reload()
    settle(shown)
    assert pictures(shown) == before


def test_back_and_forward_bring_the_pictures_of_their_addresses(watched, folder):
    shown = ready(watched, folder)
    box = shown.locator("#live-qkv_lab").get_by_role("checkbox")
    box.uncheck()
    assert fragment(shown) == "#qkv_lab.scaled=false"
    shown.evaluate("location.hash = '#end'")
    assert fragment(shown) == "#end&qkv_lab.scaled=false"
    shown.locator("#live-qkv_lab-2").get_by_role("checkbox").uncheck()
    box.check()
    assert fragment(shown) == "#end&qkv_lab-2.scaled=false"
    shown.go_back()
    assert fragment(shown) == "#qkv_lab.scaled=false"
    assert not box.is_checked()
    shown.go_forward()
    assert fragment(shown) == "#end&qkv_lab-2.scaled=false"
    assert box.is_checked()


def test_another_link_is_followed_while_the_page_stands(watched, folder):
    shown = ready(watched, folder, "#qkv_lab.scaled=false")
    shown.evaluate("location.hash = '#live-two_sources&two_sources.causal=true'")
    assert fragment(shown) == "#live-two_sources&two_sources.causal=true"
    assert shown.locator("#live-qkv_lab").get_by_role("checkbox").is_checked()
    assert shown.locator("#live-two_sources").get_by_role("checkbox").is_checked()


FIRST: dict[Path, list[str]] = {}  # what a page shows to whom the address says nothing


def at_first(watched, folder) -> list[str]:
    if folder not in FIRST:
        FIRST[folder] = pictures(ready(watched, folder))
    return FIRST[folder]


@pytest.mark.parametrize("value", HOSTILE)
def test_what_no_control_could_be_set_to_is_passed_over(watched, folder, value):
    harmless = {"-1": "word", "[]": "painted", "{}": "off"}
    told = [(name, value) for name in NAMES if not name.endswith(harmless.get(value, "\n"))]
    hostile = ready(watched, folder, f"#{quote(value[:50], safe='')}&{urlencode(told)}")
    assert hostile.evaluate("({}).polluted") is None
    assert hostile.locator(".attn img, .attn script, .attn-share img").count() == 0
    # 99999999 of a slider waits for an end that never comes
    assert pictures(hostile) == at_first(watched, folder)


def test_typed_text_from_an_address_is_only_text(watched, folder):
    text = "<img src=x onerror=alert(1)> 'cat' &amp; é"
    shown = ready(watched, folder, "#" + urlencode({"translate.text": text}))
    assert shown.locator("#live-translate").get_by_role("textbox").input_value() == text
    assert shown.locator(".attn img").count() == 0
    assert "<img" in shown.locator("#live-translate .tl-line.keys").inner_text()
    shown = ready(watched, folder, "#" + urlencode({"your_own_attention.text": text}))
    assert shown.locator(".attn img").count() == 0
    words = shown.locator("#live-your_own_attention .own-words button").all_inner_texts()
    assert words == ["<img", "src=x", "onerror=alert…", "'cat'", "&amp;", "é"]


def test_edits_come_back_from_an_address(watched, folder):
    edits = json.dumps([[0, 1, -1, 1, 5, 1]])
    shown = ready(watched, folder, "#" + urlencode({"translate.edits": edits}))
    french = shown.locator("#live-translate .tl-line.queries")
    assert french.inner_text().split("\n")[2:3] != ["chat"]
    assert shown.locator("#live-translate .tl-before del").inner_text() == "chat"


def test_heads_switched_off_come_back_from_an_address(watched, folder):
    off = json.dumps({"decoder.1.cross_attention": [2]})
    shown = ready(watched, folder, "#" + urlencode({"heads_on_off.off": off}))
    heads = shown.locator("#live-heads_on_off [aria-pressed=false]")
    assert heads.get_attribute("aria-label") == "decoder.1.cross_attention head 2, off"


def pressed_words(shown: Page) -> list[str]:
    english = shown.locator("#live-translator_attention .attn-words.keys")
    return english.get_by_role("button").all_inner_texts()


def test_moved_words_come_back_with_their_sentence(watched, folder):
    shown = ready(watched, folder)
    translator = shown.locator("#live-translator_attention")
    translator.get_by_role("combobox", name="sentence").select_option(index=3)
    translator.get_by_role("button", name="Shuffle the words").click()
    shuffled = pictures(shown)
    assert "translator_attention.order=" in fragment(shown)
    again = ready(watched, folder, fragment(shown))
    assert pictures(again) == shuffled
    again.locator("#live-translator_attention").get_by_role("button", name="Original order").click()
    assert fragment(again) == "#translator_attention.sentence=3"


def test_another_sentence_stands_in_its_own_order(watched, folder):
    shown = ready(watched, folder, "#" + urlencode({"translator_attention.order": "[5,4,3,2,1,0]"}))
    assert pressed_words(shown) == ["mat", "the", "on", "sat", "cat", "the"]
    menu = shown.locator("#live-translator_attention").get_by_role("combobox", name="sentence")
    menu.select_option(index=2)
    assert pressed_words(shown) == ["my", "young", "turtles", "are", "tired"]
    assert fragment(shown) == "#translator_attention.sentence=2"


@pytest.mark.parametrize("order", ["[0,1,2,3,4]", "[0,0,1,2,3,4]", "[1,2,3,4,5,6]", '["0"]'])
def test_an_order_that_is_none_of_the_sentence_is_passed_over(watched, folder, order):
    shown = ready(watched, folder, "#" + urlencode({"translator_attention.order": order}))
    assert pressed_words(shown) == ["the", "cat", "sat", "on", "the", "mat"]


def test_blanked_patches_and_the_place_looked_from_come_back(watched, folder):
    told = {"where_it_looks.place": "6", "where_it_looks.off": "[5,9]"}
    shown = ready(watched, folder, "#" + urlencode(told))
    digit = shown.locator("#live-where_it_looks")
    blanked = digit.locator("[aria-pressed=true]").evaluate_all(
        "all => all.map(one => one.ariaLabel)"
    )
    assert blanked == ["blank row 2, column 2", "blank row 3, column 2"]
    assert "The patch in row 2, column 2 looks most" in digit.locator(".attn-says").inner_text()
    digit.get_by_role("combobox", name="digit").select_option(index=1)
    assert digit.locator("[aria-pressed=true]").count() == 0


def test_a_map_of_one_head_and_a_row_come_back(watched, folder):
    head = json.dumps(["encoder.0.self_attention", 3])
    told = {"maps.chosen": "1", "maps.row": "1", "heads_on_off.enlarged": head}
    shown = ready(watched, folder, "#" + urlencode(told))
    assert shown.locator("#live-maps .attn-says").inner_text().startswith("other: “y”")
    below = shown.locator("#live-heads_on_off .heads-below")
    assert "encoder.0.self_attention, head 3" in below.inner_text()


def test_a_text_that_was_written_comes_back_and_goes_on(watched, tmp_path):
    write_page(tmp_path)
    html = page([widgets.next_word()]).replace("THEME", "light")
    (tmp_path / "index.html").write_text(html, encoding="utf-8")

    def writer(fragment: str = "") -> Page:
        shown = opened(watched, f"file://{tmp_path}/index.html{fragment}")
        shown.locator("[data-ready=true]").wait_for()
        return shown

    first = writer()
    first.get_by_role("textbox").fill("HAMLET↵To sleep")
    first.get_by_role("slider", name="dice").press("ArrowRight")
    first.locator(".next-bars th button").nth(3).click()
    for _ in range(2):
        first.get_by_role("button", name="Draw one token").click()
    link = fragment(first)
    assert "next_word.added=" in link
    second = writer(link)
    assert pictures(second) == pictures(first)
    for shown in (first, second):
        shown.get_by_role("button", name="Draw one token").click()
    assert pictures(second) == pictures(first)
    fragment(first)  # has been written
    first.reload()
    first.locator("[data-ready=true]").wait_for()
    assert pictures(second) == pictures(first)
    first.get_by_role("textbox").fill("another")
    assert first.locator(".next-text").inner_text() == "another"
    assert "added" not in fragment(first)
    for hostile in ("[1080]", "[-1]", json.dumps([0] * 401), '{"length": 1}', "<b>"):
        shown = writer("#" + urlencode({"next_word.added": hostile}))
        assert shown.locator(".next-text").inner_text() == "ROMEO↵\nThe cat sat on the"


def test_a_slider_waits_for_the_end_that_its_model_moves(watched, folder):
    long = {"translator_attention.sentence": 10, "translator_attention.step": 10}
    shown = ready(watched, folder, "#" + urlencode(long))
    step = shown.locator("#live-translator_attention").get_by_role("slider", name="French word")
    assert step.input_value() == "10"
