"""The built book in a real browser: built once, served once, visited once a page and view."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browser import FLAGS, find_chromium
from environment import ROOT, Failed
from filelock import FileLock
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from serve import Quiet
from visits import PATIENCE, Visit, home, listen, settle

JUPYTER_BOOK = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> tuple[Path, str]:
    """The folder of the book, built from nothing, and what the build said ("" if all was well)."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent  # all workers of one run see this folder
    log = shared / "build.log"
    with FileLock(shared / "build.lock"):
        if not log.exists():
            command = ["build", ".", "-W", "--keep-going", "-n", "--quiet", "--path-output"]
            told = subprocess.run(
                [sys.executable, "-c", JUPYTER_BOOK, *command, str(shared)],
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            log.write_text(told.stdout + told.stderr if told.returncode else "")
    return shared / "_build" / "html", log.read_text()


@pytest.fixture(scope="session")
def book(build: tuple[Path, str]) -> Path:
    folder, complaint = build
    if not (folder / "index.html").exists():
        pytest.fail(f"the book was not built:\n{complaint}")
    return folder


@pytest.fixture(scope="session")
def serving() -> Iterator[Callable[[Path], str]]:
    """`serving(folder)`: the address at which the folder is served, without a final slash."""
    servers = []

    def serve(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def site(book: Path, serving: Callable[[Path], str]) -> str:
    """The address of the served book, without a final slash."""
    return serving(book)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A missing browser is a failure, never a skip."""
    try:
        path = find_chromium(Path(sys.executable))
    except Failed as reason:
        pytest.fail(str(reason))
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(autouse=True)
def complaints(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a page says in its console as an error, or throws and nobody catches, fails the test."""
    said: list[str] = []
    new_context = Browser.new_context

    def listening(browser: Browser, **options: Any) -> BrowserContext:
        context = new_context(browser, **options)
        context.on("weberror", lambda thrown: said.append(f"{thrown.error.stack or thrown.error}"))
        context.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        return context

    monkeypatch.setattr(Browser, "new_context", listening)
    yield said
    assert said == []


@pytest.fixture
def watched(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`watched(address, viewport=…, color_scheme=…)` opens a page; a request off the site fails."""
    opened: list[tuple[Page, Visit]] = []

    def open_page(address: str, **view: Any) -> Page:
        context = browser.new_context(**view)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        seen = listen(page, home(address))
        opened.append((page, seen))
        page.goto(address)
        if view.get("java_script_enabled", True):
            settle(page, seen)
        return page

    yield open_page
    outside = [address for _, seen in opened for address in seen.outside]
    for page, _ in opened:
        page.context.close()
    assert outside == []
