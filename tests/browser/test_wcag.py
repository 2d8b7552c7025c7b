"""What axe cannot see of WCAG 2.2 AA: targets, focus, drags, contrast of lines, motion."""

import re

import pytest
from test_small_and_forced import NAMES, alone
from test_widgets import PHONE, opened
from visits import WIDE

from course.widgets.page import write_page

CHAPTER = "notebooks/04_softmax_and_scale"
THEMES = ("light", "dark")
# Targets under 24 × 24 px whose 24 px circle another target enters (2.5.8). A link in a line of
# text is excepted; of what stands in a label, the label is the target.
SMALL = """(root) => {
  const SIDE = 24;
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: false });
  const box = (one) => (one.closest("label") ?? one).getBoundingClientRect();
  const inText = (one) => one.localName === "a" && getComputedStyle(one).display === "inline";
  const targets = [...document.querySelectorAll(root)]
    .flatMap((one) => [...one.querySelectorAll(
      "button, input, select, summary, a[href], [role=slider], [tabindex='0'][role=button]")])
    .filter((one) => shown(one) && !one.disabled && !inText(one) && box(one).width > 0);
  const all = targets.map((one) => ({ one, ...sized(one) }));
  return all.filter(({ width, height }) => width < SIDE - 0.5 || height < SIDE - 0.5)
    .filter((small) => all.some((other) => other.one !== small.one &&
      !other.one.contains(small.one) && !small.one.contains(other.one) &&
      other.one.closest("label") !== (small.one.closest("label") ?? 0) && near(small, other)))
    .map(({ one, width, height }) =>
      `${one.localName}.${one.className} ${one.textContent.trim().slice(0, 20)} ` +
      `${width.toFixed(0)} × ${height.toFixed(0)}`);

  function sized(one) {
    const grip = one.querySelector(".grip, .toctree-toggle") ?? one; // what is pressed of it
    const { left, top, width, height } = box(grip);
    return { left, top, width, height, x: left + width / 2, y: top + height / 2 };
  }
  function near(small, other) {
    const dx = Math.max(other.left - small.x, 0, small.x - other.left - other.width);
    const dy = Math.max(other.top - small.y, 0, small.y - other.top - other.height);
    return Math.hypot(dx, dy) < SIDE / 2 - 0.5;
  }
}"""
# Whether anything of what has the focus can be seen, at five of its points (2.4.11).
SEEN = """async () => {
  const still = document.getAnimations().map((one) => one.finished.catch(() => {}));
  await Promise.race([Promise.all(still), new Promise((done) => setTimeout(done, 1000))]);
  const one = document.activeElement;
  if (one === document.body) return true;
  const { left, top, width, height } = one.getBoundingClientRect();
  return [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].some(([x, y]) => {
    const at = document.elementFromPoint(left + x * width, top + y * height);
    return at && (one.contains(at) || at.contains(one));
  }) || `${one.localName}.${one.className} ${one.textContent.trim().slice(0, 30)}`;
}"""
COLORS = """(names) => Object.fromEntries(names.map((name) => [name,
  getComputedStyle(document.documentElement).getPropertyValue(`--attn-${name}`).trim()]))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wcag")
    write_page(folder)
    for name in NAMES:
        html = alone(name)
        for theme in THEMES:
            (folder / f"{name}-{theme}.html").write_text(html.replace("THEME", theme), "utf-8")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_every_target_of_a_widget_can_be_hit(watched, folder, name):
    shown = opened(watched, f"file://{folder}/{name}-light.html", viewport=PHONE)
    assert shown.evaluate(SMALL, ".attn-widget") == []


@pytest.mark.parametrize("view", [WIDE, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", ["book/intro", CHAPTER, "notebooks/20_zoo", "search"])
def test_every_target_of_a_page_can_be_hit(watched, site, name, view):
    shown = watched(f"{site}/{name}.html", viewport=view)
    assert shown.evaluate(SMALL, "body") == []


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_what_has_the_focus_is_never_hidden(watched, site, key):
    shown = watched(f"{site}/{CHAPTER}.html", viewport=PHONE)
    if key == "Shift+Tab":
        shown.locator("footer a, .prev-next-footer a").last.focus()
    hidden = []
    for _ in range(60):
        shown.keyboard.press(key)
        if (seen := shown.evaluate(SEEN)) is not True:
            hidden.append(seen)
    assert hidden == []


def test_an_arrow_goes_where_the_reader_presses(watched, folder):
    shown = opened(watched, f"file://{folder}/qkv_lab-light.html", viewport=WIDE)
    query = shown.get_by_role("slider", name="query of sat")
    plane = shown.locator("svg.plane").first
    box = plane.bounding_box()
    place = (box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    before = query.get_attribute("aria-valuetext")
    shown.mouse.click(*place)
    assert query.get_attribute("aria-valuetext") == before  # no arrow was chosen
    query.locator(".grip").click()
    assert query.get_attribute("aria-valuetext") == before
    shown.mouse.click(*place)
    x, y = map(float, str(query.get_attribute("aria-valuetext")).replace("−", "-").split(", "))
    assert x < -0.5
    assert y > 0.5


@pytest.mark.parametrize(
    ("name", "words"), [("two_sources", ".two-words"), ("translator_attention", ".attn-words.keys")]
)
def test_a_word_goes_to_the_place_pressed_after_it(watched, folder, name, words):
    shown = opened(watched, f"file://{folder}/{name}-light.html", viewport=WIDE)
    if name == "translator_attention":
        shown.locator("[data-ready=true]").wait_for()
    buttons = shown.locator(f"{words} button")
    first, *others = buttons.all_inner_texts()
    buttons.first.click()
    assert buttons.first.get_attribute("aria-pressed") == "true"
    buttons.last.click()
    assert buttons.all_inner_texts() == [*others, first]
    assert shown.locator(f"{words} [aria-pressed=true]").count() == 0


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_lines_and_edges_and_letters_stand_out(watched, folder, theme):
    shown = opened(watched, f"file://{folder}/softmax_and_scale-{theme}.html")
    drawn = ["query", "key", "value", "weight", "accent", "edge"]
    colors = shown.evaluate(COLORS, [*drawn, "ink", "muted", "card", "track"])
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in colors.values())
    for name in drawn:
        assert contrast(colors[name], colors["card"]) >= 3, name
    for name in ("query", "key", "value", "weight", "accent"):
        assert contrast(colors[name], colors["track"]) >= 3, name
    for name in ("ink", "muted", "query", "key", "value", "weight"):
        assert contrast(colors[name], colors["card"]) >= 4.5, name


MOVING = """() => [...document.querySelectorAll("*")].filter((one) => {
  const { transitionDuration, animationName, animationDuration } = getComputedStyle(one);
  return one.closest(".attn-widget, .quiz, .term-tip, .code-switch") &&
    (transitionDuration !== "0s" || (animationName !== "none" && animationDuration !== "0s"));
}).map((one) => `${one.localName}.${one.className}`)"""


@pytest.mark.parametrize("name", NAMES)
def test_nothing_moves_where_the_reader_wants_no_motion(watched, folder, name):
    shown = opened(watched, f"file://{folder}/{name}-light.html", reduced_motion="reduce")
    assert shown.evaluate(MOVING) == []
