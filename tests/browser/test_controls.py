"""Every control of every widget does something, and nothing goes wrong when it is used."""

from collections.abc import Callable

import pytest
from hands import live_widgets, silent_controls
from playwright.sync_api import Page, expect
from visits import WIDE, pages

Open = Callable[..., Page]

with_widgets = [
    name
    for name in pages()
    if name in {"book/intro", "book/tour", "book/translate", "book/write"}
    or name in {"book/your_own_attention", "book/heads"}
    or name.startswith("notebooks/")
]


@pytest.mark.parametrize("name", with_widgets)
def test_every_control_changes_the_picture(watched: Open, site: str, name: str) -> None:
    page = watched(f"{site}/{name}.html", viewport=WIDE)
    widgets = live_widgets(page)
    assert widgets
    assert [fault for widget in widgets for fault in silent_controls(widget)] == []


# A control, the choice with which it says nothing ("": at first), and one with which it speaks.
SOMETIMES = [
    ("05_masks", 0, "fieldset:has(legend:text-is('rules'))", "", "separate documents"),
    ("06_self_and_cross_attention", 3, "label:text-is('causal mask')", "French", "English asks"),
    ("08_positions", 0, "label:text('heads of ALiBi')", "", "ALiBi"),
]


@pytest.mark.parametrize(("name", "place", "control", "without", "choice"), SOMETIMES)
def test_a_control_is_there_when_it_says_something(
    watched: Open, site: str, name: str, place: int, control: str, without: str, choice: str
) -> None:
    page = watched(f"{site}/notebooks/{name}.html", viewport=WIDE)
    widget = live_widgets(page)[place]
    choices = widget.locator(".attn-control label")
    if without:
        choices.get_by_text(without).first.click()
    expect(widget.locator(control)).to_be_hidden()
    choices.get_by_text(choice).first.click()
    expect(widget.locator(control)).to_be_visible()
