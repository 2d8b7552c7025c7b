"""Operates every control of a widget, by mouse and by key, and says which changed nothing.

A picture is what a widget's view shows: its drawings and words, without what only says where the
focus is or which button is down; a button that saves must give a file. Controls are found by what
they are, so that a new widget needs no new line here.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from playwright.sync_api import ElementHandle, Locator, Page
from visits import until

DRAWN = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 20)))"
# What is drawn, as a number: pictures are to be told apart, not kept.
PICTURE = (
    f"async widget => {{ await ({DRAWN})();"
    """
  const shown = [...widget.querySelectorAll(".attn")].map(view => view.innerHTML
    .replace(/ (tabindex|aria-pressed)="[^"]*"/g, "").replace(/<canvas[^>]*>/g, "<canvas>") +
    [...view.querySelectorAll("canvas")].filter(canvas => canvas.checkVisibility())
        .map(canvas => canvas.toDataURL())).join();
  let [a, b] = [17, 31];
  for (let i = 0; i < shown.length; i += 1) {
    a = (Math.imul(a, 65599) + shown.charCodeAt(i)) | 0;
    b = (Math.imul(b, 16777619) ^ shown.charCodeAt(i)) | 0;
  }
  return `${shown.length} ${a} ${b}`;
}"""
)
READY = """[...document.querySelectorAll('.attn-widget')].every(one => one.dataset.live) &&
    !document.querySelector('[data-ready=false]')"""
# The buttons of a view in groups: rows of commands, tables, lists and grids.
GROUPED = """(widget) => {
  const groups = new Map();
  for (const button of widget.querySelectorAll(".attn button")) {
    const group = button.closest("ol, table, [role=group], .attn-buttons");
    groups.set(group, [...(groups.get(group) ?? []), button]);
  }
  return [...groups.entries()];
}"""
GROUPS = f"""widget => ({GROUPED})(widget).map(([group, buttons]) => ({{
  movable: group.classList.contains("attn-movable"),
  roving: buttons.some(button => button.tabIndex < 0),
  count: buttons.length,
  start: buttons.findIndex(button => button.tabIndex === 0),
  focused: buttons.indexOf(document.activeElement),
}}))"""
BUTTON = f"(widget, [place, number]) => ({GROUPED})(widget)[place][1][number]"
# Keeps of a page only what is in a widget or around one: a look for a control goes through all.
ONLY_WIDGETS = """() => {
  for (const one of document.body.querySelectorAll("*")) {
    if (!one.closest(".attn-widget") && !one.querySelector(".attn-widget")) one.remove();
  }
}"""
DICE = """() => { let seed = 7; // shuffling is the same every time
  Math.random = () => (seed = (seed * 16807) % 2147483647) / 2147483647; }"""


def live_widgets(page: Page) -> list[Locator]:
    """Every widget of a page, once all are drawn and their models are there; all else goes."""
    until(page, READY)
    page.evaluate(ONLY_WIDGETS)
    page.evaluate(DICE)
    return page.locator(".attn-widget").all()


def picture(widget: Locator) -> str:
    return str(widget.evaluate(PICTURE))


def silent_controls(widget: Locator) -> list[str]:
    """What was done to the widget and should have changed its picture, but did not."""
    faults = []
    for fold in widget.locator("details > summary").all():
        if not fold.evaluate("one => one.parentElement.open"):
            fold.click()
    for selector, operate in CONTROLS.items():
        for control in widget.locator(selector).all():
            if control.is_visible():  # else it would say nothing as the others stand
                faults += operate(widget, control)
    return [fault for fault in [*faults, *grids(widget), *buttons(widget)] if fault]


def alike(widget: Locator, control: Locator, *acts: Callable[[], Any]) -> str:
    """ "" if every value that the acts set gives a picture of its own."""
    pictures = {act() or number: picture(widget) for number, act in enumerate(acts)}
    distinct = len(set(pictures.values()))
    return "" if distinct == len(pictures) > 1 else f"{name_of(control)}: {list(pictures)}"


def slider(widget: Locator, control: Locator) -> Iterator[str]:
    """Its start and its end, by key, and its middle, by mouse."""
    before = control.input_value()

    def press(key: str) -> str:
        control.press(key)
        return control.input_value()

    def click() -> str:
        control.click()
        return control.input_value()

    yield alike(widget, control, partial(press, "Home"), partial(press, "End"), click)
    control.fill(before)


def menu(widget: Locator, control: Locator) -> Iterator[str]:
    """Its last and its first line, by key, and the one in the middle, by mouse."""
    before = control.evaluate("menu => menu.selectedIndex")

    def press(key: str) -> str:
        control.press(key)
        return control.input_value()

    def choose(index: int) -> str:
        control.select_option(index=index)
        return control.input_value()

    middle = control.locator("option").count() // 2
    acts = (partial(press, "End"), partial(press, "Home"), partial(choose, middle))
    yield alike(widget, control, *acts)
    choose(before)


def box(widget: Locator, control: Locator) -> Iterator[str]:
    before = picture(widget)
    yield alike(widget, control, control.click, partial(control.press, " "))
    yield "" if picture(widget) == before else f"{name_of(control)}: back, but another picture"


def choice(widget: Locator, control: Locator) -> Iterator[str]:
    """Radio buttons: each by mouse, then one by key."""
    chosen = control.locator("label:has(:checked)").inner_text()
    yield alike(widget, control, *(label.click for label in control.locator("label").all()))
    before = picture(widget)
    control.locator(":checked").press("ArrowLeft")
    yield "" if picture(widget) != before else f"{name_of(control)}: arrow key"
    control.get_by_text(chosen, exact=True).click()


def field(widget: Locator, control: Locator) -> Iterator[str]:
    before, seen = control.input_value(), picture(widget)
    for typed in ("zzz", before):
        control.fill(typed)
        control.press("Enter")
        now = picture(widget)
        yield "" if now != seen else f"{name_of(control)}: {typed}"
        seen = now


def vector(widget: Locator, control: Locator) -> Iterator[str]:
    """A vector in a plane: a step by key, and a pull by mouse."""
    before = picture(widget)
    control.press("ArrowLeft")
    moved = picture(widget)
    yield "" if moved != before else f"{name_of(control)}: arrow key"
    drag(widget.page, middle_of(control.locator(".grip")), (-25, -15))
    yield "" if picture(widget) != moved else f"{name_of(control)}: drag"


def order(widget: Locator, control: Locator) -> Iterator[str]:
    """Words in an order of the reader's: the first one moved by key, then to the end by mouse."""
    words = control.locator("button")
    first, second, *others = words.all_inner_texts()
    before = picture(widget)
    words.first.press("ArrowRight")
    moved = picture(widget)
    yield "" if moved != before else "a word by key: the same picture"
    yield "" if words.all_inner_texts() == [second, first, *others] else "a word by key"
    start, end = middle_of(words.first), middle_of(words.last)
    drag(widget.page, start, (end[0] - start[0], end[1] - start[1]))
    yield "" if picture(widget) != moved else "a word by mouse: the same picture"
    yield "" if words.all_inner_texts() == [first, *others, second] else "a word by mouse"


def drawing(widget: Locator, control: Locator) -> Iterator[str]:
    """A drawing to press, as its pointer says."""
    if control.evaluate("one => getComputedStyle(one).cursor") == "pointer":
        before = picture(widget)
        control.click()
        yield "" if picture(widget) != before else "a drawing: click"


CONTROLS = {
    "input[type=range]": slider,
    "select": menu,
    "input[type=checkbox]": box,
    "fieldset": choice,
    "input[type=text]": field,
    ".attn [role=slider]": vector,
    ".attn-movable": order,
    ".attn svg:not(button svg)": drawing,
}


def grids(widget: Locator) -> Iterator[str]:
    """Cells with one stop of the tab key: arrow keys lead down and right and back again."""
    for place, group in enumerate(groups_of(widget)):
        if group["roving"]:
            button(widget, place, group["start"]).focus()
            start, path = focused(widget, place), []
            for keys in (("ArrowDown", "ArrowUp"), ("ArrowUp", "ArrowDown")):
                for key in keys:
                    widget.page.keyboard.press(key)
                    path.append(focused(widget, place))
                if path[0] != start:
                    break
                path = []  # it stood in the last row
                button(widget, place, start).focus()
            there, back = path or (start, start)
            yield "" if there != start == back else f"grid {place}: from {start} to {path}"


def buttons(widget: Locator) -> Iterator[str]:
    """The first, the middle and the last of every group, by mouse, Enter and space."""
    for place in range(len(groups_of(widget))):
        group, changes = groups_of(widget)[place], []
        seen = picture(widget)
        count = group["count"]
        for number, key in ((0, None), (count // 2, "Enter"), (count - 1, " ")):
            one = button(widget, place, number)
            if group["movable"] or not one.is_enabled():
                continue
            name, chosen = one.inner_text(), one.get_attribute("aria-pressed") == "true"
            act = partial(one.press, key) if key else one.click
            if name.startswith("Save"):
                with widget.page.expect_download():
                    act()
                changes.append(True)
                continue
            act()
            now = picture(widget)
            changes.append(now != seen)
            seen = now
            yield "" if changes[-1] or chosen else f"button {name}: {key or 'click'}"
            changes[-1] |= chosen and count == 1  # there is nothing else to choose
        yield "" if group["movable"] or any(changes) else f"no button of {name_of(widget)}, {place}"


def groups_of(widget: Locator) -> list[dict[str, Any]]:
    return list(widget.evaluate(GROUPS))


def button(widget: Locator, place: int, number: int) -> ElementHandle:
    found = widget.evaluate_handle(BUTTON, [place, number]).as_element()
    assert found is not None
    return found


def focused(widget: Locator, place: int) -> int:
    """Which of the group's buttons has the focus; −1: none."""
    return int(groups_of(widget)[place]["focused"])


def middle_of(element: Locator) -> tuple[float, float]:
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=4)
    page.mouse.up()


def name_of(element: Locator) -> str:
    told = "one => one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.className"
    return str(element.evaluate(told))
