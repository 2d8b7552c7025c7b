"""The small pictures on a bare page: pressed and moved by keyboard, on a phone, light and dark."""

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from test_widgets import PHONE, opened, page

from course import widgets
from course.widgets.page import write_page


def recorded():
    weights = torch.tensor([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
    return widgets.maps(
        [
            widgets.Map("one", weights, ("a", "b", "c"), ("x", "y")),
            widgets.Map("other", weights.T, ("x", "y"), ("a", "b", "c")),
        ]
    )


PICTURES = {
    "beam": widgets.beam,
    "cache_size": widgets.cache_size,
    "depth": widgets.depth,
    "guesses": widgets.guesses,
    "maps": recorded,
    "merges": widgets.merges,
    "needle": widgets.needle,
    "reach": widgets.reach,
    "rope_scalings": widgets.rope_scalings,
    "windows": widgets.windows,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    write_page(folder)
    for name, picture in PICTURES.items():
        html = page([picture()])
        for theme in ("light", "dark"):
            path = folder / f"{name}-{theme}.html"
            path.write_text(html.replace("THEME", theme), encoding="utf-8")
    return folder


def picture(watched, folder, name) -> Page:
    return opened(watched, f"file://{folder}/{name}-light.html")


def says(shown: Page) -> str:
    return shown.locator(".attn-says").inner_text()


def test_a_word_is_pressed_or_reached_by_arrow_keys(watched, folder):
    shown = picture(watched, folder, "guesses")
    shown.get_by_role("button", name="took").click()
    assert says(shown).startswith("In place of “took”: only back: “cries”")
    shown.get_by_role("button", name="took").press("ArrowRight")
    assert says(shown).startswith("In place of “her”")
    shown.get_by_role("combobox").select_option(index=5)
    assert says(shown).startswith("In place of “the”")
    assert shown.locator(".guess-bars .right").count() == 2


def test_news_of_a_pixel_crosses_moved_windows_only(watched, folder):
    shown = picture(watched, folder, "windows")
    corner = shown.get_by_role("button", name="row 1, column 1: knows")
    assert "16 of 64 pixels" in says(shown)
    shown.get_by_role("slider", name="layers").press("ArrowRight")
    assert "16 of 64 pixels" in says(shown)
    shown.get_by_role("checkbox").check()
    assert "36 of 64 pixels" in says(shown)
    corner.press("ArrowDown")
    assert "row 2, column 1" in says(shown)


def test_another_map_keeps_what_it_has_of_the_row(watched, folder):
    shown = picture(watched, folder, "maps")
    shown.get_by_role("button", name="a", exact=True).press("ArrowDown")
    shown.get_by_role("button", name="b", exact=True).press("ArrowDown")
    assert says(shown).startswith("one: “c” looks most at “y”, with 0.80.")
    shown.get_by_role("combobox").select_option("other")
    assert says(shown).startswith("other: “y” looks most at “c”, with 0.80.")


def test_another_layer_hears_of_tokens_further_back(watched, folder):
    shown = picture(watched, folder, "reach")
    assert "the farthest 3 back" in says(shown)
    shown.get_by_role("slider", name="layers").press("ArrowRight")
    assert "the farthest 6 back" in says(shown)
    shown.get_by_role("combobox").select_option("all before")
    assert "hears of 32 of 32 tokens" in says(shown)


def test_interpolation_leaves_no_angle_unseen(watched, folder):
    shown = picture(watched, folder, "rope_scalings")
    assert "12 of 32 pairs reach angles" in says(shown)
    shown.get_by_role("radio", name="interpolated").check(force=True)
    assert "no pair reaches angles" in says(shown)


def test_a_needle_is_moved_and_the_text_made_shorter(watched, folder):
    shown = picture(watched, folder, "needle")
    assert "the needle about 368 before the question" in says(shown)
    shown.get_by_role("slider", name="needle in part").press("End")
    assert "the needle about 16 before the question" in says(shown)
    shown.get_by_role("slider", name="tokens").press("Home")
    assert says(shown).startswith("64 tokens")


def test_a_wider_beam_keeps_more(watched, folder):
    shown = picture(watched, folder, "beam")
    kept = shown.locator(".beam-bars .kept")
    assert kept.count() == 2
    shown.get_by_role("slider", name="width").press("End")
    assert kept.count() == 4
    shown.get_by_role("slider", name="step").press("End")
    assert "The search is over" in says(shown)


def test_text_of_the_readers_own_is_cut_and_is_only_ever_text(watched, folder):
    shown = picture(watched, folder, "merges")
    shown.get_by_role("textbox").fill("<b>the cat</b>")
    assert shown.locator("b").count() == 0
    assert "Not in the plays, and left out: < > /" in says(shown)
    shown.get_by_role("slider").press("End")
    assert "the" in shown.locator(".merge-pieces li").all_inner_texts()


def test_sizes_and_stacks_are_told_anew(watched, folder):
    shown = picture(watched, folder, "cache_size")
    shown.get_by_role("slider", name="tokens").press("End")
    assert "512 GiB, which does not fit" in says(shown)
    shown = picture(watched, folder, "depth")
    assert "all ten words are the same word" in says(shown)
    shown.get_by_role("checkbox", name="x + …").check()
    assert "the words are still different" in says(shown)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_axe_finds_nothing_serious(watched, folder, name, theme):
    shown = opened(watched, f"file://{folder}/{name}-{theme}.html", viewport=PHONE)
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(shown).response["violations"]
    assert [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ] == []
