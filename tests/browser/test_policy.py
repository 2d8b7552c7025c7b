"""No script runs on a page but the site's own files, whatever gets into its markup."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from policy import HANDLER, POLICY, SCRIPT, TYPE
from visits import WIDE, pages

Open = Callable[..., Page]

# Ways in which markup would run a script, if a reader's text or an address ever became markup.
ATTACKS = """() => {
  globalThis.ran = [];
  const script = document.createElement("script");
  script.textContent = "ran.push('inline')";
  const blob = document.createElement("script");
  blob.src = URL.createObjectURL(new Blob(["ran.push('blob')"], { type: "text/javascript" }));
  const data = document.createElement("script");
  data.src = "data:text/javascript,ran.push('data')";
  document.body.append(script, blob, data);
  const box = document.body.appendChild(document.createElement("div"));
  box.innerHTML = `<img src="data:," onerror="ran.push('handler')">
    <svg onload="ran.push('svg')"></svg>
    <a href="javascript:ran.push('address')">go</a>
    <iframe srcdoc="<script>parent.ran.push('frame')</scr` + `ipt>"></iframe>
    <button onclick="ran.push('click')">press</button>`;
  box.querySelector("a").click();
  box.querySelector("button").click();
  setTimeout("ran.push('timer')");
}"""


@pytest.mark.parametrize("name", [*pages(), "index", "py-modindex"])
def test_a_page_states_the_policy_and_keeps_it(book: Path, name: str) -> None:
    text = (book / f"{name}.html").read_text(encoding="utf-8")
    head = text.partition("<script")[0]
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />' in head
    inline = [tag["attributes"] for tag in SCRIPT.finditer(text) if "src=" not in tag["attributes"]]
    assert [one for one in inline if not TYPE.search(one)] == []
    assert not HANDLER.search(re.sub(r"<code.*?</code>", "", text, flags=re.DOTALL))


@pytest.mark.parametrize("where", ["http", "file"])
@pytest.mark.parametrize("name", ["book/intro", "notebooks/20_zoo", "search"])
def test_what_gets_into_a_page_as_markup_does_not_run(
    watched: Open, site: str, book: Path, complaints: list[str], name: str, where: str
) -> None:
    start = site if where == "http" else book.as_uri()
    page = watched(f"{start}/{name}.html", viewport=WIDE)
    page.evaluate(ATTACKS)
    page.wait_for_timeout(300)
    assert page.evaluate("ran") == []
    assert len(complaints) >= 8  # the browser says what it refused
    assert [one for one in complaints if "Content Security Policy" not in one] == []
    complaints.clear()


def test_the_buttons_of_the_theme_still_work(watched: Open, site: str) -> None:
    page = watched(f"{site}/notebooks/05_masks.html", viewport=WIDE)
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    page.evaluate("document.querySelector('[data-does=print]').click()")
    assert page.evaluate("window.printed")
    page.locator("[data-does=fullscreen]:visible").click()
    page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
    assert page.evaluate("document.fullscreenElement !== null")
