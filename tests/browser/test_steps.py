"""What a step of a control costs: elements and texts made anew, which this holds, and milliseconds.

`python -m pytest -s tests/browser/test_steps.py` prints the table: per control the elements and the
texts of the costliest step, and the milliseconds of a middling one and of the slowest.
A picture that is built anew at each step of a slider stutters under the reader's finger; one whose
parts are moved does not. A text put in the place of another takes twice the time of one that is
changed (`setText`).
"""

from typing import Any

import pytest
from hands import READY
from playwright.sync_api import Page
from test_small_and_forced import NAMES, alone
from visits import until

from course.widgets.page import write_page

MOST = 40  # elements made and taken away in one step: some arcs more or fewer, no picture
MOST_TEXTS = 30  # put into the page or taken out of it: cells that are filled or emptied
OTHER_WORDS = {"English words"}  # sliders whose steps are other sentences
ANOTHER_PICTURE = {"step of the tour"}  # sliders whose steps are pictures of their own
# Every step of every slider, menu and choice, as a reader would take it, and what it costs.
STEPS = """async () => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const found = [];
  for (const fold of document.querySelectorAll(".attn-widget details")) fold.open = true;
  const size = (node) => (node.querySelectorAll ? 1 + node.querySelectorAll("*").length : 0);
  for (const control of document.querySelectorAll(".attn-control:not([hidden])")) {
    const [field] = control.querySelectorAll("input, select");
    if (field?.disabled || !["range", "select-one", "radio"].includes(field?.type)) continue;
    const places = positions(control, field);
    let [elements, texts] = [0, 0];
    const times = places.map(() => Infinity);
    for (const [i, place] of [...places.entries(), ...places.entries()]) {
      const seen = new MutationObserver(() => {});
      seen.observe(document.body, { childList: true, subtree: true });
      const before = performance.now();
      place();
      document.body.getBoundingClientRect();
      times[i] = Math.min(times[i], performance.now() - before); // the better of two tries
      const moved = seen.takeRecords()
        .flatMap((one) => [...one.addedNodes, ...one.removedNodes]);
      elements = Math.max(elements, moved.map(size).reduce((sum, one) => sum + one, 0));
      texts = Math.max(texts, moved.filter((node) => node.nodeType === Node.TEXT_NODE).length);
      seen.disconnect();
      await drawn();
    }
    const [said] = control.querySelectorAll("label, legend");
    const name = said.firstChild.textContent;
    times.sort((a, b) => a - b);
    const [ms, slowest] = [times[Math.floor(times.length / 2)], times.at(-1)];
    found.push({ kind: field.type, name, elements, texts, ms, slowest });
  }
  return found;

  function positions(control, field) {
    if (field.type === "select-one") {
      return [...field.options].map((_, i) => () => {
        field.selectedIndex = i;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
    if (field.type === "radio") {
      return [...control.querySelectorAll("input")].map((one) => () => one.click());
    }
    const [low, high] = [Number(field.min), Number(field.max)];
    return Array.from({ length: 9 }, (_, i) => () => {
      field.value = low + ((high - low) * i) / 8;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    write_page(folder)
    return folder


def steps(page_: Page) -> list[dict[str, Any]]:
    until(page_, READY)
    return page_.evaluate(STEPS)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_of_a_slider_builds_no_picture_anew(watched, folder, name):
    path = folder / f"{name}.html"
    path.write_text(alone(name).replace("THEME", "light"), encoding="utf-8")
    found = steps(watched(path.as_uri()))
    for one in found:
        print(f"\n{name:20} {one['kind']:10} {one['name'][:30]:30} {one['elements']:5.0f} elements"
              f" {one['texts']:4.0f} texts {one['ms']:6.1f} {one['slowest']:6.1f} ms",
              end="")  # fmt: skip
    sliders = [one for one in found if one["kind"] == "range"]
    built = [one for one in sliders if one["name"] not in ANOTHER_PICTURE]
    costly = [one for one in built if one["elements"] > MOST]
    assert costly == []
    told = [one for one in built if one["name"] not in OTHER_WORDS]
    assert [one for one in told if one["texts"] > MOST_TEXTS] == []
