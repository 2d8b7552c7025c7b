"""A model whose weights are missing, spoilt or late: a picture stands, a sentence says so."""

import base64

import pytest
from playwright.sync_api import Page, Route
from test_widgets import page

from course import widgets
from course.widgets.page import asset_script, write_page

SAID = "The model could not be loaded, so this picture stands still."
PICTURES = {  # what is to be seen in place of a model
    "translator_attention": ".tr .attn-map",
    "heads_on_off": ".heads-words",
    "tour": ".attn-picture svg",
    "translate": ".tl-line",
    "next_word": ".attn-picture svg",
    "where_it_looks": ".attn-picture svg",
}
WEIGHTS = "**/{digits_vit,gpt_pieces,translation_transformer}.js*"

IMPATIENT = """{ const wait = window.setTimeout;
  window.setTimeout = (act, ms, ...rest) => wait(act, Math.min(ms, 2000), ...rest); }"""


def abort(route: Route) -> None:
    route.abort()


def garbage(route: Route) -> None:
    route.fulfill(body="<!doctype html>Not here", content_type="text/html")


def of_no_model(route: Route) -> None:
    name = route.request.url.split("/")[-1].split(".")[0]
    route.fulfill(body=asset_script(name, b"nothing of the kind"))


def truncated(route: Route) -> None:
    route.fulfill(body=route.fetch().text()[:20_000])


def short(route: Route) -> None:
    """A whole script with the first tensors only."""
    script = route.fetch().text()
    name = route.request.url.split("/")[-1].split(".")[0]
    start = script.index('= "') + 3
    route.fulfill(body=asset_script(name, base64.b64decode(script[start : start + 40_000])))


@pytest.fixture(scope="module")
def served(tmp_path_factory, serving):
    folder = tmp_path_factory.mktemp("missing")
    write_page(folder)
    for name in PICTURES:
        html = page([getattr(widgets, name)()]).replace("THEME", "light")
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return serving(folder)


@pytest.fixture
def opened(browser, served):
    """`opened(name, answer)`: the page of a widget whose weights are answered like that."""
    contexts = []

    def open_page(name, answer) -> Page:
        context = browser.new_context()
        contexts.append(context)
        shown = context.new_page()
        shown.add_init_script(IMPATIENT)
        shown.route(WEIGHTS, answer)
        shown.goto(f"{served}/{name}.html", wait_until="domcontentloaded")
        return shown

    yield open_page
    for context in contexts:
        context.close()


def tries_again(shown: Page, name: str) -> None:
    assert shown.locator(PICTURES[name]).first.is_visible()
    assert shown.locator("[data-ready=true]").count() == 0
    shown.unroute(WEIGHTS)
    shown.get_by_role("button", name="Try again").click()
    comes(shown)


def comes(shown: Page) -> None:
    shown.locator("[data-ready=true]").wait_for()
    assert shown.get_by_text(SAID).count() == 0
    assert shown.locator(".attn-view .attn").is_visible()
    assert not shown.locator(".attn-picture").is_visible()


@pytest.mark.parametrize("answer", [abort, garbage, of_no_model, truncated, short])
@pytest.mark.parametrize("name", PICTURES)
def test_a_model_that_does_not_come_is_said_and_asked_for_again(opened, complaints, name, answer):
    shown = opened(name, answer)
    shown.get_by_text(SAID).wait_for()
    tries_again(shown, name)
    assert all(
        "Failed to load" in one or "Unexpected" in one or "Invalid" in one for one in complaints
    )
    complaints.clear()  # what the browser itself says of such a file


@pytest.mark.parametrize("name", PICTURES)
def test_a_model_that_is_late_is_said_and_taken_when_it_comes(opened, name):
    held = []
    shown = opened(name, lambda route: held.append(route))
    shown.get_by_text(SAID).wait_for()
    assert shown.locator(PICTURES[name]).first.is_visible()
    assert shown.get_by_role("button", name="Try again").is_enabled()
    held[0].continue_()
    comes(shown)
