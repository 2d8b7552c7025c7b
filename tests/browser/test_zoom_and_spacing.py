"""Text twice as large, letters set wider, where the focus is, and names that are what is read."""

from functools import cache

import pytest
from test_small_and_forced import NAMES, every_picture_alone
from visits import ALL_LIVE, OVERFLOW, PHONE, WIDE, until

CHAPTER = "notebooks/04_softmax_and_scale"
TWICE = {"width": 640, "height": 400}  # a window of 1280 × 800 at 200 %
# As a reader may set it (1.4.12).
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important } p { margin-bottom: 2em !important }"""
# Texts and controls that lie on one another.
OVERLAPPING = """() => {
  const all = [...document.querySelectorAll(
    "article :is(h1, h2, h3, p, li, pre, table, button, select, input, summary)")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
      !one.closest("svg, .attn-hidden, mjx-container, label, .headerlink"))
    .map((one) => ({ one, box: one.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 1 && box.height > 1);
  const on = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  return all.flatMap(({ one, box }, i) => all.slice(i + 1)
    .filter((other) => !one.contains(other.one) && on(box, other.box))
    .map((other) => `${one.outerHTML.slice(0, 60)} ${other.one.outerHTML.slice(0, 60)}`));
}"""
# Texts of which something is cut off.
CUT = """() => [...document.querySelectorAll(".attn-widget *")].filter((one) => {
  const { overflowX, overflowY, clip, clipPath } = getComputedStyle(one);
  if (one.closest("svg, .attn-hidden") || one.closest("table thead.attn-hidden")) return false;
  if (clipPath !== "none" || clip !== "auto" || !one.textContent.trim()) return false;
  if (!one.checkVisibility({ visibilityProperty: true })) return false;
  return (/hidden|clip/.test(overflowX) && one.scrollWidth > one.clientWidth + 1) ||
    (/hidden|clip/.test(overflowY) && one.scrollHeight > one.clientHeight + 1);
}).map((one) => one.outerHTML.slice(0, 90))"""
# Controls whose name lacks what stands on them (2.5.3).
MISNAMED = """() => {
  const plain = (text) => text.toLowerCase().replace(/[^\\p{L}\\p{N}]+/gu, " ").trim();
  return [...document.querySelectorAll(
    ".attn-widget :is(button, input, select, summary, a, [role])[aria-label]")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.matches(
      "button, input, select, summary, a, [role=button], [role=slider], [role=checkbox]"))
    .map((one) => [one.getAttribute("aria-label"), one.labels?.[0]?.innerText ??
      (one.matches("button, summary, a") ? one.innerText : "")])
    .filter(([name, read]) => !plain(name).includes(plain(read)))
    .map(([name, read]) => `${name}: ${read}`);
}"""
# How all that can have the focus looks, with what stands around it; afterwards what changed.
LOOKS = """() => {
  const own = (one) => {
    const { outlineStyle, outlineWidth, boxShadow, stroke, strokeWidth } = getComputedStyle(one);
    const outline = outlineStyle === "none" ? "" : `${outlineStyle} ${outlineWidth}`;
    return [outline, boxShadow, stroke, strokeWidth].join();
  };
  const parts = (one) => [one, one.closest("label"), one.nextElementSibling,
    ...[...one.querySelectorAll("*")].slice(0, 6)].filter(Boolean);
  globalThis.look = (one) => parts(one).map(own).join(";");
  globalThis.before = new Map([...document.querySelectorAll(
    "a, button, input, select, summary, [tabindex]")].map((one) => [one, look(one)]));
}"""
RINGED = """async () => {
  await new Promise((done) => setTimeout(done, 40));
  const one = document.activeElement;
  if (one === document.body || one.closest("header, .skip-link, #pst-skip-link")) return true;
  const { top, bottom, left, right } = one.getBoundingClientRect();
  const inside = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
  return (inside && before.has(one) && look(one) !== before.get(one)) || one.outerHTML.slice(0, 90);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return every_picture_alone(tmp_path_factory.mktemp("spaced"))


@cache
def seen(browser, folder, name):
    """Which controls of a widget have other names, what is cut when spaced, and the overflow."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"file://{folder}/{name}.html")
    until(page, ALL_LIVE)
    misnamed = page.evaluate(MISNAMED)
    page.add_style_tag(content=SPACED)
    found = misnamed, page.evaluate(CUT), page.evaluate(OVERFLOW)
    context.close()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_letters_set_wider_are_all_there(browser, folder, name):
    _, cut, overflow = seen(browser, folder, name)
    assert cut == []
    assert overflow <= 0


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_control_holds_what_is_read_on_it(browser, folder, name):
    assert seen(browser, folder, name)[0] == []


@pytest.mark.parametrize("name", [CHAPTER, "book/intro"])
def test_text_twice_as_large_fits_and_lies_on_nothing(watched, site, name):
    shown = watched(f"{site}/{name}.html", viewport=TWICE)
    until(shown, ALL_LIVE)
    assert shown.evaluate(OVERFLOW) <= 0
    assert shown.evaluate(OVERLAPPING) == []


@pytest.mark.parametrize("view", [WIDE, TWICE], ids=["desk", "twice"])
def test_what_has_the_focus_shows_a_ring(watched, site, view):
    shown = watched(f"{site}/{CHAPTER}.html", viewport=view, reduced_motion="reduce")
    until(shown, ALL_LIVE)
    shown.evaluate(LOOKS)
    shown.locator(".attn-widget").first.evaluate(
        "one => { one.tabIndex = -1; one.focus({ preventScroll: true }); }"
    )
    plain = []
    for _ in range(50):
        shown.keyboard.press("Tab")
        if (ringed := shown.evaluate(RINGED)) is not True:
            plain.append(ringed)
    assert plain == []
