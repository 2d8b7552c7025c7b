"""The chapter's rings on a bare page: by mouse, by keyboard, on a phone, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from hands import live_widgets, silent_controls
from playwright.sync_api import Page, expect
from test_widgets import PHONE, opened, page

from course import widgets
from course.widgets.page import write_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rings")
    write_page(folder)
    html = page([widgets.ring_turns(), widgets.bytes_sent(), widgets.memory_per_process()])
    for theme in ("light", "dark"):
        (folder / f"{theme}.html").write_text(html.replace("THEME", theme), encoding="utf-8")
    return folder


def says(shown: Page, picture: str, words: str) -> None:
    expect(shown.locator(f".{picture} .attn-says")).to_contain_text(words)


def test_keys_go_round_and_zigzag_ends_the_waiting(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    says(shown, "ring", "Every process computes. All ends after the time of 228 pairs")
    shown.get_by_role("slider", name="time (%)").press("End")
    says(shown, "ring", "Turn 3, of 0 to 3")
    says(shown, "ring", "Processes 0, 1 and 2 wait")
    wide = shown.locator(".ring .works").count()
    shown.get_by_role("radio", name="zigzag").check()
    says(shown, "ring", "0 % of it goes in waiting")
    assert shown.locator(".ring .works").count() == wide
    shown.get_by_role("radio", name="8", exact=True).check()
    says(shown, "ring", "Turn 7, of 0 to 7")
    shown.get_by_role("radio", name="plain").check()
    shown.get_by_role("radio", name="causal, window of 8").check()
    says(shown, "ring", "5 turns are left out")


def test_more_processes_send_less_by_heads_until_heads_run_out(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    says(shown, "bytes", "294 MB with heads shared out")
    processes = shown.locator(".attn-widget", has=shown.locator(".bytes")).get_by_role(
        "slider", name="processes"
    )
    processes.press("ArrowRight")
    says(shown, "bytes", "8 key heads do not divide among 16")
    expect(shown.locator(".bytes circle.heads")).to_have_attribute("visibility", "hidden")


def test_a_ring_is_what_makes_a_million_tokens_fit(watched, folder):
    shown = opened(watched, f"file://{folder}/light.html")
    says(shown, "memory", "What fits: FSDP2, FSDP2 + ring")
    panel = shown.locator(".attn-widget", has=shown.locator(".memory"))
    panel.get_by_role("slider", name="tokens").press("End")
    says(shown, "memory", "What fits: FSDP2 + ring.")
    panel.get_by_role("slider", name="processes").press("Home")
    says(shown, "memory", "None of these fits")


def test_every_control_of_pictures_set_otherwise_changes_them(watched, folder):
    others = [
        widgets.ring_turns(order="zigzag", percent=60),
        widgets.ring_turns(mask="none", percent=30),
        widgets.ring_turns(processes=8, mask="window", percent=70),
        widgets.memory_per_process(processes=64, tokens=1048576),
    ]
    html = page(others).replace("THEME", "light")
    (folder / "others.html").write_text(html, encoding="utf-8")
    shown = opened(watched, f"file://{folder}/others.html")
    for widget in live_widgets(shown):
        assert silent_controls(widget) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1100, "height": 900}])
def test_nothing_is_wrong_for_a_screen_reader_or_a_phone(watched, folder, theme, viewport):
    shown = opened(watched, f"file://{folder}/{theme}.html", viewport=viewport)
    found = Axe().run(shown)
    assert found.violations_count == 0, found.generate_report()
    assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
