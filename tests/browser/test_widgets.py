"""The widgets on a bare page with no kernel: page.js draws them, over file:// and over http."""

import json
import re

import ipywidgets
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from ipywidgets.embed import embed_data
from playwright.sync_api import expect
from visits import until

from course import widgets
from course.catalogue import CATALOGUE
from course.widgets._assets import module
from course.widgets.lean import STATE_TYPE, lean
from course.widgets.page import write_page
from course.widgets.panel import VIEW_TYPE, Panel, View

PAGE = """<!doctype html><html lang="en" data-theme="THEME"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Widgets</title>
<link rel="icon" href="data:,">
<style>body {{ font: 16px sans-serif }}
html[data-theme=dark] {{ background: #121212; color: #eee }}</style>
<main><h1>Widgets</h1>{outputs}</main>
<script type="{state_type}">{state}</script>SCRIPTS<script src="page.js"></script></html>"""
FORMULA = re.compile(r'(<span class="math" data-type="[^"]*">)\\\((.*?)\\\)(</span>)', re.DOTALL)
SET = r"\1<mjx-container>set: \2</mjx-container>\3"  # as the build does
PHONE = {"width": 390, "height": 844}


class TextLengths(View):
    """A view that says what was typed and how long a large file is."""

    _esm = (
        module("asset.js")
        + """
export default { async render({ model, el }) {
  const typed = el.appendChild(document.createElement("p"));
  const show = () => { typed.textContent = `typed: ${model.get("text")}`; };
  model.on("change:text", show);
  show();
  const bytes = await asset(model, "tiny");
  el.append(`bytes: ${[...bytes]}`);
  el.append(`; buffer: ${model.get("buffer").getUint8(1)}`);
} };"""
    )
    text = traitlets.Unicode().tag(sync=True)
    buffer = traitlets.Bytes(b"\x05\x06").tag(sync=True)


def every_control() -> Panel:
    """One of each control page.js draws, two of them linked to the view, the others to labels."""
    view = TextLengths()
    text = ipywidgets.Text(description="word")
    ipywidgets.jslink((text, "value"), (view, "text"))
    whole = ipywidgets.IntSlider(value=2, min=1, max=9, description="whole")
    copy = ipywidgets.IntSlider(value=2, min=1, max=9, description="copy")
    follower = ipywidgets.FloatSlider(value=0.0, min=0, max=9, step=0.5, description="follower")
    ipywidgets.jslink((whole, "value"), (copy, "value"))
    ipywidgets.jsdlink((whole, "value"), (follower, "value"))
    menu = ipywidgets.Dropdown(options=["one", "two"], description="menu")
    buttons = ipywidgets.ToggleButtons(options=["one", "two"], description="buttons")
    ipywidgets.jslink((menu, "index"), (buttons, "index"))
    label = ipywidgets.Label("a label")
    ipywidgets.jslink((text, "value"), (label, "value"))
    controls = [text, whole, copy, follower, menu, buttons, label]
    return Panel(controls, view, still="<svg></svg>", call="every_control()")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with index.html (two widgets), zoo.html, both dark, controls.html and page.js."""
    folder = tmp_path_factory.mktemp("widgets")
    patch = pytest.MonkeyPatch()
    (folder / "tiny.bin").write_bytes(bytes([7, 8, 9]))
    patch.setattr("course.widgets.page.ASSETS", {"tiny": folder / "tiny.bin"})
    write_page(folder)
    both = page([widgets.softmax_and_scale(), widgets.qkv_lab()])
    (folder / "index.html").write_text(both.replace("THEME", "light"), encoding="utf-8")
    (folder / "dark.html").write_text(both.replace("THEME", "dark"), encoding="utf-8")
    animals = page([widgets.zoo(CATALOGUE[:6])])
    (folder / "zoo.html").write_text(animals.replace("THEME", "light"), encoding="utf-8")
    (folder / "zoo-dark.html").write_text(animals.replace("THEME", "dark"), encoding="utf-8")
    (folder / "zoo-set.html").write_text(FORMULA.sub(SET, animals), encoding="utf-8")
    controls = page([every_control()])
    (folder / "controls.html").write_text(controls.replace("THEME", "light"), encoding="utf-8")
    yield folder
    patch.undo()


def page(panels: list[Panel]) -> str:
    """What a built page holds: each panel's picture and view tag, and the state of all models."""
    everything = ipywidgets.Widget.get_manager_state(drop_defaults=False)["state"]
    data = embed_data(views=panels, state=everything, drop_defaults=False)
    outputs = "".join(
        f'<div class="attn-widget"><div class="attn-picture">{panel.still}</div>'
        f'<script type="{VIEW_TYPE}">{json.dumps(view)}</script></div>'
        for panel, view in zip(panels, data["view_specs"], strict=True)
    )
    state = json.dumps(data["manager_state"]).replace("</", "<\\/")
    html, scripts = lean(PAGE.format(outputs=outputs, state=state, state_type=STATE_TYPE))
    return html.replace("SCRIPTS", "".join(f"<script>{one}</script>" for one in scripts.values()))


@pytest.fixture(scope="module")
def served(folder, serving):
    """The address of the same folder over http."""
    return serving(folder)


@pytest.fixture(params=["file", "http"])
def address(request, folder, served):
    return f"file://{folder}" if request.param == "file" else served


def opened(watched, address, **context):
    page = watched(address, **context)
    page.set_default_timeout(30000)
    until(page, "[...document.querySelectorAll('.attn-widget')].every((one) => one.dataset.live)")
    return page


def sentence(page):
    return page.locator(".softmax .attn-says").inner_text()


def test_a_fixed_picture_offers_who_asks_and_nothing_else(watched, tmp_path):
    write_page(tmp_path)
    html = page([widgets.two_sources(cross=True, fixed=True)]).replace("THEME", "light")
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    shown = opened(watched, f"file://{tmp_path}/index.html")
    view = shown.locator(".attn.two")
    expect(view.locator("[aria-atomic]")).to_have_text(
        "8 French words ask, 6 English words answer."
    )
    assert view.locator("button").count() == 0
    assert shown.get_by_role("checkbox").count() == 0
    shown.get_by_text("English asks English (self)").first.click()
    expect(view.locator("[aria-atomic]")).to_have_text(
        "6 English words ask, 6 English words answer."
    )


def test_a_slider_moves_the_picture(watched, address):
    page = opened(watched, f"{address}/index.html")
    dot = page.locator(".softmax-chart .now")
    before = dot.get_attribute("cx")
    page.get_by_role("slider", name="size D").press("End")
    assert "D = 256, divided by √D" in sentence(page)
    assert dot.get_attribute("cx") != before
    page.get_by_role("checkbox", name="divide by √D").uncheck()
    assert "D = 256, not divided" in sentence(page)
    weights = page.locator(".softmax-bars td:last-child").all_inner_texts()
    assert max(map(float, weights)) > 0.98


def test_a_slider_reads_out_its_value(watched, folder):
    page = opened(watched, f"file://{folder}/index.html")
    slider = page.get_by_role("slider", name="temperature")
    slider.press("Home")
    assert page.locator("output").nth(1).inner_text() == "0.10"
    assert slider.get_attribute("aria-valuetext") == "0.10"


def test_the_still_picture_gives_way_to_the_live_one(watched, folder):
    page = opened(watched, f"file://{folder}/index.html")
    assert page.locator(".attn-picture").count() == 0


def test_without_scripts_the_still_picture_stands(watched, folder):
    page = watched(f"file://{folder}/index.html", java_script_enabled=False)
    pictures = page.locator(".attn-picture svg")
    assert pictures.count() == 2
    assert all(picture.is_visible() for picture in pictures.all())
    assert page.get_by_text("Scores and weights of 6 keys at size D = 16").is_visible()


def test_a_vector_moves_by_keyboard(watched, folder):
    page = opened(watched, f"file://{folder}/index.html")
    key = page.get_by_role("slider", name="key of cat")
    score = page.locator(".lab-digits tbody tr").first.locator("td").first
    assert "2.0·1.5 + (−0.5)·0.5 = 2.75" in score.inner_text()
    key.press("ArrowRight")
    key.press("Shift+ArrowUp")
    assert key.get_attribute("aria-valuetext") == "1.6, 1.0"
    assert "2.0·1.6 + (−0.5)·1.0 = 2.70" in score.inner_text()


def test_a_vector_is_dragged_and_put_back(watched, folder):
    page = opened(watched, f"file://{folder}/index.html")
    query = page.get_by_role("slider", name="query of sat")
    query.scroll_into_view_if_needed()
    grip = query.locator(".grip").bounding_box()
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 60, steps=3)
    page.mouse.up()
    assert query.get_attribute("aria-valuetext") != "2.0, −0.5"
    page.get_by_role("button", name="Put the vectors back").click()
    assert query.get_attribute("aria-valuetext") == "2.0, −0.5"


def test_another_word_asks(watched, folder):
    page = opened(watched, f"file://{folder}/index.html")
    page.get_by_role("radio", name="sat").press("ArrowRight")
    assert page.get_by_role("slider", name="query of on").is_visible()
    weights = page.locator(".lab-digits tbody td.weight").all_inner_texts()
    assert weights.index(max(weights[:4])) == 3  # “on” looks at “mat”


def cards(page):
    return page.locator(".zoo-card:visible h3").all_text_contents()


def test_the_zoo_shows_the_cards_of_a_family_a_tier_or_a_search(watched, address):
    page = opened(watched, f"{address}/zoo.html")
    assert cards(page) == [entry.name for entry in CATALOGUE[:6] if entry.tier == 1]
    page.get_by_role("radio", name="all").check(force=True)
    assert page.locator("[aria-atomic]").inner_text() == "6 of 6 types."
    page.get_by_role("textbox", name="search").fill("cosine HENRY")
    assert cards(page) == ["Cosine"]
    page.get_by_role("combobox", name="family").select_option("sparse")
    assert cards(page) == []
    assert page.locator("[aria-atomic]").inner_text().startswith("None of 6 types fits: ")


def test_the_zoo_shows_what_a_part_a_model_a_span_of_years_and_a_growth_leave(watched, folder):
    page = opened(watched, f"file://{folder}/zoo.html")
    page.get_by_role("radio", name="all").check(force=True)
    for label, option, left in [
        ("changes", "score", CATALOGUE[:6]),
        ("used in", "Tacotron", [e for e in CATALOGUE[:6] if "Tacotron" in e.words.used_in]),
    ]:
        page.get_by_role("combobox", name=label).select_option(option)
        assert cards(page) == [entry.name for entry in left]
    page.wait_for_function("location.hash.includes('zoo.model=')")
    again = opened(watched, page.url)
    assert cards(again) == cards(page)
    again.get_by_role("combobox", name="year").select_option("2025–2026")
    assert cards(again) == []
    assert again.locator("[aria-atomic]").inner_text().endswith("Try fewer words, or all families.")


def test_what_a_type_varies_is_a_link_to_its_card(watched, folder):
    page = opened(watched, f"file://{folder}/zoo.html")
    page.get_by_role("link", name="Dot product", exact=True).first.click()
    page.wait_for_function("document.querySelector('.zoo-card h3').textContent === 'Dot product'")


def test_a_search_in_the_zoo_looks_in_all_tiers(watched, folder):
    page = opened(watched, f"file://{folder}/zoo.html")
    hidden = next(entry for entry in CATALOGUE[:6] if entry.tier != 1)
    page.get_by_role("textbox", name="search").fill(hidden.name)
    assert hidden.name in cards(page)
    assert "all tiers" in page.locator("[aria-atomic]").inner_text()
    page.get_by_role("textbox", name="search").fill("")
    assert cards(page) == [entry.name for entry in CATALOGUE[:6] if entry.tier == 1]


def test_a_formula_that_no_build_has_set_stands_as_its_source(watched, folder):
    page = opened(watched, f"file://{folder}/zoo.html")
    shown = [entry.formula for entry in CATALOGUE[:6] if entry.tier == 1]
    assert page.locator(".zoo-card:visible .zoo-formula > code").all_text_contents() == shown


def test_a_card_takes_the_formula_that_the_build_has_set(watched, folder):
    page = opened(watched, f"file://{folder}/zoo-set.html")
    page.get_by_role("radio", name="all").check(force=True)
    shown = page.locator(".zoo-card:visible .zoo-formula mjx-container").all_text_contents()
    assert shown == [f"set: {entry.formula}" for entry in CATALOGUE[:6]]


@pytest.mark.parametrize("name", ["index.html", "dark.html", "zoo.html"])
def test_nothing_overflows_a_phone(watched, folder, name):
    page = opened(watched, f"file://{folder}/{name}", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", ["index.html", "dark.html"])
def test_the_digits_of_the_lab_need_no_scrolling_on_a_phone(watched, folder, name):
    page = opened(watched, f"file://{folder}/{name}", viewport=PHONE)
    digits = page.locator(".lab-digits").evaluate("box => box.scrollWidth - box.clientWidth")
    assert digits <= 0


@pytest.mark.parametrize("name", ["index.html", "dark.html", "zoo.html", "zoo-dark.html"])
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desk"])
def test_axe_finds_nothing_serious(watched, folder, name, viewport):
    page = opened(watched, f"file://{folder}/{name}", viewport=viewport)
    found = Axe().run(page).response["violations"]
    serious = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found
               if one["impact"] in ("serious", "critical")]  # fmt: skip
    assert serious == []


def test_dark_pages_use_the_light_tints(watched, folder):
    colors = {
        name: opened(watched, f"file://{folder}/{name}.html")
        .locator(".softmax-bars .weight .bar").first
        .evaluate("bar => getComputedStyle(bar).backgroundColor")
        for name in ("index", "dark")
    }  # fmt: skip
    assert colors == {"index": "rgb(124, 58, 237)", "dark": "rgb(195, 166, 255)"}


def test_motion_stops_where_the_reader_wants_none(watched, folder):
    page = opened(watched, f"file://{folder}/index.html", reduced_motion="reduce")
    durations = page.locator(".attn *").evaluate_all(
        "all => all.map((one) => getComputedStyle(one).transitionDuration)"
    )
    assert set(durations) == {"0s"}


def test_links_are_followed_in_their_direction(watched, address):
    page = opened(watched, f"{address}/controls.html")
    page.get_by_role("slider", name="whole").press("End")
    assert page.get_by_role("slider", name="copy").input_value() == "9"
    assert page.get_by_role("slider", name="follower").input_value() == "9"
    page.get_by_role("slider", name="copy").press("Home")
    assert page.get_by_role("slider", name="whole").input_value() == "1"
    page.get_by_role("slider", name="follower").press("End")
    assert (
        page.get_by_role("slider", name="whole").input_value() == "1"
    )  # a directional link has one direction
    page.get_by_role("combobox", name="menu").select_option("two")
    assert page.get_by_role("radio", name="two").is_checked()
    page.get_by_role("radio", name="one").check(force=True)
    assert page.get_by_role("combobox", name="menu").input_value() == "one"


def test_what_a_reader_types_is_only_ever_text(watched, folder):
    page = opened(watched, f"file://{folder}/controls.html")
    page.get_by_role("textbox", name="word").fill("<img src=x><em>x</em>")
    assert page.get_by_text("typed: <img src=x><em>x</em>").is_visible()  # the view
    assert page.get_by_text("<img src=x><em>x</em>", exact=True).is_visible()  # the label
    assert page.locator("img").count() == 0
    assert page.locator("em").count() == 0


def test_large_files_and_buffers_reach_the_view(watched, address):
    page = opened(watched, f"{address}/controls.html")
    page.get_by_text(re.compile("bytes: 7,8,9; buffer: 6")).wait_for()
