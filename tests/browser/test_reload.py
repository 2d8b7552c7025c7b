"""What a reader has chosen and moved is there again after reload and back."""

import pytest
from hands import picture
from test_widgets import opened, page

from course import widgets
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reload")
    write_page(folder)
    panels = [widgets.translator_attention(), widgets.qkv_lab(), widgets.two_sources()]
    html = page(panels).replace("THEME", "light")
    (folder / "index.html").write_text(html, encoding="utf-8")
    (folder / "other.html").write_text("<!doctype html><title>Other</title>", encoding="utf-8")
    return folder


def pictures(shown):
    shown.locator("[data-ready=true]").wait_for()
    return [picture(widget) for widget in shown.locator(".attn-widget").all()]


@pytest.mark.parametrize("way", ["reload", "back"])
def test_what_was_chosen_and_moved_comes_back_with_its_picture(watched, folder, way):
    shown = opened(watched, f"file://{folder}/index.html")
    first = pictures(shown)
    shown.get_by_role("combobox", name="sentence").select_option("my young turtles are tired")
    shown.get_by_role("slider", name="key of cat").press("ArrowUp")
    shown.get_by_role("button", name="Reverse the words").click()
    before = pictures(shown)
    assert all(one != other for one, other in zip(first, before, strict=True))
    shown.wait_for_timeout(300)  # it is kept once the reader rests
    if way == "reload":
        shown.reload()
    else:
        shown.evaluate("window.addEventListener('unload', () => {})")  # no page kept as it stands
        shown.goto(f"file://{folder}/other.html")
        shown.go_back()
    sentence = shown.get_by_role("combobox", name="sentence")
    sentence.wait_for()
    assert pictures(shown) == before
    assert sentence.locator(":checked").inner_text() == "my young turtles are tired"


def test_without_the_model_a_chosen_sentence_keeps_the_example(watched, folder, complaints):
    shown = opened(watched, f"file://{folder}/index.html")
    shown.get_by_role("combobox", name="sentence").select_option("my young turtles are tired")
    shown.wait_for_timeout(300)
    shown.route("**/translation_transformer.js*", lambda route: route.abort())
    shown.reload()
    shown.get_by_text("The model could not be loaded").wait_for()
    assert shown.locator(".tr .keys button").all_inner_texts() == [
        "the",
        "cat",
        "sat",
        "on",
        "the",
        "mat",
    ]
    assert [one for one in complaints if "Failed to load" not in one] == []
    complaints.clear()
