"""Caches, pages and guesses on a bare page: by mouse, by keyboard, on a phone, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from test_widgets import PHONE, opened, page

from course import widgets
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inference")
    write_page(folder)
    pictures = [
        widgets.cache_growth(),
        widgets.page_table(step=6),
        widgets.ring_buffer(),
        widgets.few_bits(),
        widgets.draft_and_check(),
    ]
    html = page(pictures)
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(html.replace("THEME", theme), encoding="utf-8")
    return folder


def says(shown: Page, picture: str, words: str) -> None:
    expect(shown.locator(f".{picture} .attn-says")).to_contain_text(words)


def test_a_cache_grows_with_the_tokens_and_shrinks_with_the_key_heads(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    says(shown, "growth", "keep 47.2 MB, 33 % of MHA's")
    shown.get_by_role("slider", name="tokens read").press("End")
    says(shown, "growth", "After 8,192 tokens")
    says(shown, "growth", "keep 188.7 MB")
    shown.get_by_role("radio", name="MHA").press("ArrowRight")
    shown.get_by_text("MHA", exact=True).click()
    says(shown, "growth", "keep 566.2 MB")
    shown.get_by_role("checkbox", name="five layers of six").check()
    says(shown, "growth", "keep 153.4 MB")


def test_a_shared_page_is_copied_when_it_is_written_to(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    says(shown, "pages", "C forks A: nothing is copied.")
    row = shown.locator(".pages-tables tbody tr").nth(2)
    expect(row).to_contain_text("0 → 1")
    happened = shown.get_by_role("slider", name="what happened")
    happened.press("ArrowRight")
    says(shown, "pages", "page 1 was shared, its copy is page 4.")
    expect(shown.locator(".pages rect.frame.copied")).to_have_count(4)
    shown.get_by_text("8", exact=True).last.click()
    happened.press("End")
    says(shown, "pages", "free.")


def test_a_ring_that_is_written_first_loses_keys(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    says(shown, "ringbuffer", "Every query finds what it needs.")
    shown.get_by_role("checkbox", name="write the chunk before it looks").check()
    says(shown, "ringbuffer", "Overwritten: query 5 misses 2, 3; query 6 misses 3.")
    expect(shown.locator(".ringbuffer rect.missed")).to_have_count(3)
    shown.get_by_role("slider", name="tokens in the chunk").press("Home")
    says(shown, "ringbuffer", "Token 5 comes to a ring of 4.")
    expect(shown.locator(".ringbuffer rect.missed")).to_have_count(0)


def test_a_scale_per_channel_saves_what_a_large_one_drowns(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    says(shown, "bits", "5 of them come back as 0.")
    shown.get_by_role("checkbox", name="a scale per channel").check()
    says(shown, "bits", "0 of them come back as 0.")
    shown.get_by_role("slider", name="bits").press("End")
    says(shown, "bits", "In 8 bits a number is one of 255.")


def test_a_guess_is_refused_or_stays_and_the_model_is_always_met(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    says(shown, "draft", "refused. In its place comes mat 0.56")
    shown.get_by_role("slider", name="number drawn").press("Home")
    says(shown, "draft", "0.00 lies below it: rug stays.")
    shown.get_by_role("slider", name="how like the model").press("End")
    says(shown, "draft", "Over all guesses 1.00 stay; with 4 per pass")
    says(shown, "draft", "gives 5.00 tokens on average")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1100, "height": 900}])
def test_nothing_is_wrong_for_a_screen_reader_or_a_phone(watched, folder, theme, viewport):
    shown = opened(watched, f"file://{folder}/{theme}.html", viewport=viewport)
    found = Axe().run(shown)
    assert found.violations_count == 0, found.generate_report()
    assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
