"""The widgets on the smallest screen, and where the reader's own colors rule."""

from functools import cache

import pytest
import torch
from ipywidgets import Widget
from test_widgets import opened, page

from course import widgets
from course.widgets.page import write_page

# A picture in a chapter is as wide on a screen of 320 px as one alone on a page of 304.
SMALL = {"width": 304, "height": 700}
# The size on the screen of the smallest letters in a drawing, in px.
SMALLEST = """() => Math.min(99, ...[...document.querySelectorAll(".attn svg text")].map(text => {
  const { a, b } = text.getScreenCTM();
  return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
}))"""
BACKGROUND = "one => getComputedStyle(one).backgroundColor"


def one_length():
    words = ["a"] * 40
    examples = [
        widgets.Example(5, words[:5], words[:5], [words[:5]] * 2),
        widgets.Example(40, words, words, [words] * 2),
    ]
    exact = {"one": [1.0, 0.5], "other": [1.0, 0.0]}
    return widgets.sentence_length(
        list(exact), [5, 40], list(exact.values()), examples, trained_to=24
    )


def recorded_maps():
    sizes = {"few": 4, "as many as a chapter has": 20}
    words = {name: [f"word {i}" for i in range(size)] for name, size in sizes.items()}
    return widgets.maps(
        [widgets.Map(name, torch.eye(len(own)), own, own) for name, own in words.items()], chosen=1
    )


NO_PICTURES = {"Example", "Map", "prepared", "speak"}
MAKERS = {"maps": recorded_maps, "sentence_length": one_length}
NAMES = sorted(set(widgets.__all__) - NO_PICTURES)


@cache
def alone(name):
    """A page of this picture only, as it opens. The zoo takes ten seconds to make."""
    html = page([MAKERS.get(name, getattr(widgets, name))()])
    Widget.close_all()  # else the next page would hold this one's state, too
    return html


def every_picture_alone(folder):
    write_page(folder)
    for name in NAMES:
        html = alone(name).replace("THEME", "light")
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return every_picture_alone(tmp_path_factory.mktemp("small"))


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_screen_holds_it_and_its_letters_can_be_read(watched, folder, name):
    shown = opened(watched, f"file://{folder}/{name}.html", viewport=SMALL)
    assert shown.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    assert shown.evaluate(SMALLEST) >= 9


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colors_leave_bars_cells_and_choices(watched, folder, scheme):
    def background(name, selector):
        shown = opened(
            watched, f"file://{folder}/{name}.html", forced_colors="active", color_scheme=scheme
        )
        return [one.evaluate(BACKGROUND) for one in shown.locator(selector).all()]

    bars = background("softmax_and_scale", ".softmax-bars .weight .bar, .softmax-bars")
    assert len(set(bars)) == 2
    cells = background("mask_builder", ".mask-cell")
    assert len(set(cells)) > 1
    choices = background("qkv_lab", ".attn-choices label")
    assert len(set(choices)) == 2


def test_the_name_of_the_output_stays_inside_the_plane(watched, folder):
    shown = opened(watched, f"file://{folder}/qkv_lab.html")
    for vector in shown.get_by_role("slider").filter(has=shown.locator(".grip")).all():
        if str(vector.get_attribute("aria-label")).startswith("value of"):
            for _ in range(8):
                vector.press("Shift+ArrowRight")
    plane = shown.locator("svg.plane").last.bounding_box()
    name = shown.locator(".arrow.output .name").bounding_box()
    assert name["x"] + name["width"] <= plane["x"] + plane["width"] + 1


MIDDLES = """() => [...document.querySelectorAll(".mask-grid tbody tr")].map(row => {
  const label = document.createRange();
  label.selectNodeContents(row.querySelector("th"));
  const [word, cell] = [label, row.querySelector("button")].map(one => one.getBoundingClientRect());
  return word.top + word.height / 2 - cell.top - cell.height / 2;
})"""


@pytest.mark.parametrize("width", [320, 1280])
def test_the_cells_of_a_mask_stand_level_with_their_labels(watched, folder, width):
    size = {"width": width, "height": 700}
    shown = opened(watched, f"file://{folder}/mask_builder.html", viewport=size)
    away = shown.evaluate(MIDDLES)
    assert len(away) == 8
    assert max(map(abs, away)) <= 1


def test_the_heading_of_the_strips_fits_their_column(watched, folder):
    shown = opened(watched, f"file://{folder}/two_sources.html", viewport=SMALL)
    heading = shown.locator(".two-map thead th.gets")
    assert heading.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_what_a_newcomer_need_not_know_is_folded_until_asked_for(watched, folder):
    shown = opened(watched, f"file://{folder}/translator_attention.html", viewport=SMALL)
    layer, more = shown.get_by_label("decoder layer"), shown.locator("summary")
    assert not layer.is_visible()
    more.focus()
    shown.keyboard.press("Enter")
    before = shown.locator(".attn").inner_html()
    layer.select_option("layer 0")
    assert shown.locator(".attn").inner_html() != before
    more.click()
    assert not layer.is_visible()
