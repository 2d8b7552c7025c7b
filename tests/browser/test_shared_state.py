"""What several widgets of a page keep alike stands there once, and reaches every one of them."""

import json

import pytest
from test_widgets import opened, page

from course import widgets
from course.widgets.lean import LARGE, STATE, once
from course.widgets.page import write_page


@pytest.fixture
def folder(tmp_path):
    """A page with two pictures of one kind, and each of them on a page of its own."""
    write_page(tmp_path)
    pictures = {"one": widgets.two_sources(), "other": widgets.two_sources(cross=True)}
    for name, panels in (*((name, [panel]) for name, panel in pictures.items()),
                         ("both", list(pictures.values()))):  # fmt: skip
        html = page(panels).replace("THEME", "light")
        (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
    return tmp_path


def test_what_is_alike_stands_once(folder):
    tags = STATE.findall((folder / "both.html").read_text("utf-8"))
    states = [model["state"] for tag in tags for model in json.loads(tag)["state"].values()]
    vectors = [state["vectors"] for state in states if "vectors" in state]
    assert [set(one) for one in vectors] == [{"self", "cross"}, {"sameAs"}]


def test_the_pictures_are_those_of_a_page_of_their_own(watched, folder):
    def views(name):
        shown = opened(watched, f"file://{folder}/{name}.html")
        return shown.locator(".attn-view").evaluate_all("all => all.map(one => one.innerHTML)")

    assert views("both") == views("one") + views("other")


def test_only_large_values_under_the_same_name_are_shared():
    long = "x" * LARGE
    states = [{"a": long, "b": "small"}, {"a": long, "b": "small"}, {"c": long}]
    shrunk = once({str(i): {"state": state} for i, state in enumerate(states)}, {})
    assert [one["state"] for one in shrunk.values()] == [
        {"a": long, "b": "small"},
        {"a": {"sameAs": "0"}, "b": "small"},
        {"c": long},
    ]
