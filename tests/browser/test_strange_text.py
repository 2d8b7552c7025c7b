"""What is typed into any field, or stands in the address, is only ever text.

After every batch the page has no element of a kind it did not have, no script, picture, frame or
link more, no handler; no dialog came, nothing was asked of a server, and nothing was thrown.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from test_address import NAMES
from test_translate import ATTACKS
from test_widgets import opened, page
from visits import WIDE

from course import widgets
from course.widgets.page import write_page

Open = Callable[..., Page]

LETTERS = "<>\"'&/=(){}[]`;:#%\\ \n\tabcimgsvgscriptonloadonerror0é\u202e\u0000😀"
FIELDS = {"merges": 100, "next_word": 10, "zoo": 100, "your_own_attention": 100}
OF_FORMULAS = {"sub", "sup"}  # another score or mask may bring them
# What the page may hold no more of than before, and which kinds of elements it has.
HELD = """() => {
  const all = [...document.querySelectorAll("*")];
  const handlers = all.flatMap((one) => [...one.attributes]).filter(({ name, value }) =>
    name.startsWith("on") || /^\\s*javascript:/i.test(value));
  const asking = all.filter((one) =>
    one.matches("script, img, iframe, object, embed, link, style"));
  const links = all.filter((one) => one.matches("a")).map((one) => one.href);
  return {
    kinds: [...new Set(all.map((one) => one.localName))].sort(),
    links: [...new Set(links)].sort(),
    asking: asking.length,
    handlers: handlers.length,
  };
}"""
TYPE = """async ([selector, strings]) => {
  for (const text of strings) {
    const field = document.querySelector(selector);
    field.value = text;
    for (const event of ["input", "change"]) {
      field.dispatchEvent(new Event(event, { bubbles: true }));
    }
    await new Promise((done) => setTimeout(done));
  }
}"""
FOLLOW = """async (addresses) => {
  for (const address of addresses) {
    location.hash = address;
    await new Promise((done) => setTimeout(done, 5));
  }
}"""
GUESS = """(strings) => {
  for (const text of strings) {
    for (const form of document.querySelectorAll("form.guess")) {
      const field = form.querySelector("input:not([type=radio], [type=range])");
      if (!field) continue;
      field.value = text;
      form.requestSubmit();
      form.querySelector("button[type=button]").click();
    }
  }
}"""


def strings(count: int) -> list[str]:
    draw = random.Random(count)
    return [
        *ATTACKS,
        *("".join(draw.choices(LETTERS, k=draw.randint(1, 24))) for _ in range(count)),
    ]


class Watched:
    """A page that is still, and what it has come to hold, ask and open since."""

    def __init__(self, shown: Page) -> None:
        self.shown, self.came = shown, list[str]()
        shown.on("dialog", lambda box: (self.came.append(box.message), box.dismiss()))
        shown.on("request", lambda asked: self.came.append(asked.url))
        self.before = shown.evaluate(HELD)

    def holds_nothing_new(self) -> bool:
        self.shown.wait_for_timeout(100)
        now = self.shown.evaluate(HELD)
        assert set(now["kinds"]) <= {*self.before["kinds"], *OF_FORMULAS}
        assert set(now["links"]) <= set(self.before["links"])
        assert now["asking"] <= self.before["asking"]
        assert now["handlers"] == self.before["handlers"] == 0
        assert self.came == []
        return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strange")
    write_page(folder)
    panels = [getattr(widgets, name)() for name in FIELDS]
    panels += [widgets.translate(), widgets.qkv_lab(), widgets.two_sources()]
    html = page([*panels, widgets.heads_on_off()]).replace("THEME", "light")
    (folder / "index.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture
def still(watched: Open, folder: Path) -> Watched:
    shown = opened(watched, f"file://{folder}/index.html", viewport=WIDE)
    for view in ("next_word", "translate", "heads_on_off"):
        shown.locator(f"#live-{view} [data-ready=true]").first.wait_for()
    # the kinds of elements that plain words bring
    for name in FIELDS:
        shown.evaluate(TYPE, [f"#live-{name} input[type=text]", ["attention", "not a word 7"]])
    return Watched(shown)


def test_in_the_fields_of_live_pictures(still: Watched) -> None:
    for name, count in FIELDS.items():
        still.shown.evaluate(TYPE, [f"#live-{name} input[type=text]", strings(count)])
        assert still.holds_nothing_new(), name


def test_in_the_address(still: Watched) -> None:
    """Each address sets all that views keep there. A browser follows 200 in ten seconds."""
    names = [*NAMES, *(f"{name}.text" for name in FIELDS), "zoo.search", "next_word.prompt"]
    draw = random.Random(1)
    told = strings(300)
    addresses = ["&".join(f"{name}={draw.choice(told)}" for name in names) for _ in range(60)]
    still.shown.evaluate(FOLLOW, addresses)
    assert still.holds_nothing_new()


def test_in_predictions(watched: Open, site: str) -> None:
    shown = watched(f"{site}/notebooks/10_gpt.html", viewport=WIDE)
    still = Watched(shown)
    shown.evaluate(GUESS, strings(50))
    assert still.holds_nothing_new()
