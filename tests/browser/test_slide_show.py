"""The chapters' slides in a real browser: by keyboard, on paper and without scripts."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import find_chromium
from environment import ROOT
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from slide_show import show
from slides import slides
from visits import WIDE

Open = Callable[..., Page]

# By how many pixels anything on a slide stands beyond its place, of all slides at once.
BEYOND = """() => [...document.querySelectorAll(".shown")].map((place) => {
  const box = place.getBoundingClientRect();
  const all = [place.firstElementChild, ...place.querySelectorAll("mjx-math, pre, table, img")]
    .map((one) => one.getBoundingClientRect());
  return Math.max(...all.map((one) => Math.max(
    box.left - one.left, one.right - box.right, box.top - one.top, one.bottom - box.bottom)));
})"""

# All quizzes' answers, and then what the page does about the room they take.
UNFOLD = """() => Promise.all([...document.querySelectorAll("details")].map((one) =>
  new Promise((done) => { one.addEventListener("toggle", done); one.open = true; })))"""


def written(book: Path, name: str, target: Path) -> Path:
    page = next((book / "notebooks").glob(f"{name}_*.html"))
    text = page.read_text(encoding="utf-8")
    target.write_text(show(slides(text, page.parent), text, page.parent), encoding="utf-8")
    return target


def opened(watched: Open, path: Path, **view: object) -> Page:
    page = watched(path.as_uri(), viewport=WIDE, **view)
    page.wait_for_selector("[data-fitted]", state="attached")
    return page


def test_slides_turn_by_keys_and_keep_their_place(
    book: Path, tmp_path: Path, watched: Open
) -> None:
    page = opened(watched, written(book, "03", tmp_path / "slides.html"))
    count, place = page.locator(".slide").count(), page.locator("nav output")
    assert count > 20
    expect(place).to_have_text(f"1 / {count}")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expect(place).to_have_text(f"3 / {count}")
    expect(page.locator(".slide:visible")).to_have_count(1)
    page.keyboard.press("n")
    expect(page.locator("#s3 .notes")).to_be_visible()
    page.reload()
    expect(place).to_have_text(f"3 / {count}")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text(f"{count} / {count}")
    page.keyboard.press("Home")
    page.get_by_role("button", name="Back").click()
    expect(place).to_have_text(f"1 / {count}")


@pytest.mark.parametrize("name", ["03", "08", "13", "16"])
def test_everything_on_a_slide_fits_it(
    book: Path, tmp_path: Path, watched: Open, name: str
) -> None:
    page = opened(watched, written(book, name, tmp_path / "slides.html"))
    page.evaluate(UNFOLD)
    beyond = page.evaluate(BEYOND)
    assert {number: one for number, one in enumerate(beyond, 1) if one > 2} == {}


def test_without_scripts_the_slides_stand_one_below_the_other(
    book: Path, tmp_path: Path, watched: Open
) -> None:
    path = written(book, "03", tmp_path / "slides.html")
    page = watched(path.as_uri(), viewport=WIDE, java_script_enabled=False)
    expect(page.locator(".slide:visible")).to_have_count(page.locator(".slide").count())
    expect(page.locator("nav")).to_be_hidden()


def test_on_paper_each_slide_is_a_sheet(book: Path, tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "tools" / "slides.py", book, tmp_path]
    subprocess.run([*command, find_chromium(Path(sys.executable)), "03"], check=True)
    (shown,) = tmp_path.glob("03_*.html")
    sheets = PdfReader(shown.with_suffix(".pdf")).pages
    assert len(sheets) == shown.read_text(encoding="utf-8").count('<section class="slide"')
    assert "Query, key, value" in sheets[0].extract_text()
    assert "remember" in sheets[-1].extract_text()
