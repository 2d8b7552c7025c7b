"""The widgets in a real JupyterLab and Notebook: a slider moves the picture, and Python sees it."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
CELLS = [
    "from course import widgets\npanel = widgets.softmax_and_scale()\npanel",
    "lab = widgets.qkv_lab()\nlab",
    "widgets.translator_attention()",
    "mine = widgets.translate()\nmine",
    "widgets.speak('fr')\nwidgets.soft_dictionary()",
    "widgets.speak('en')",
    "from course.catalogue import CATALOGUE\nzoo = widgets.zoo(CATALOGUE[:6])\nzoo",
]
# A model of the reader's own, and a text so long that Python is asked for each row.
OWN = """import torch
from attnlib.inspect import explore
from attnlib.models.gpt import GPT
from course import widgets
torch.manual_seed(0)
model = GPT(50, size=16, heads=2, layers=2, rotary=True, dropout_p=0.0).eval()
widgets.head_explorer(explore(model, torch.randint(50, (1, 80))))"""
CHAPTER = "01_what_is_attention.ipynb"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab\?token=\w+")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab with a notebook of every kind of widget, and a chapter."""
    folder = tmp_path_factory.mktemp("lab")
    write(folder / "live.ipynb", CELLS)
    shutil.copy(ROOT / "notebooks" / CHAPTER, folder)
    whole = folder / "settings" / "@jupyterlab" / "notebook-extension"
    whole.mkdir(parents=True)
    (whole / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    with started(folder, JUPYTERLAB_SETTINGS_DIR=str(folder / "settings")) as address:
        yield address.replace("/lab?", "/lab/tree/live.ipynb?")


@pytest.fixture
def notebook(tmp_path):
    """The address of a Notebook 7, which the same server has."""
    write(tmp_path / "own.ipynb", [CELLS[0], OWN])
    with started(tmp_path) as address:
        yield address.replace("/lab?", "/notebooks/own.ipynb?")


def write(path, cells):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, path)


@contextmanager
def started(folder, **settings):
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        **settings,
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"]
    command += ["--allow-root", "--ip=127.0.0.1", "--port=0", f"--ServerApp.root_dir={folder}"]
    command += ["--JupyterNotebookApp.expose_app_in_browser=True"]
    command += ["--LabApp.news_url=", "--ServerApp.terminals_enabled=False"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    said = folder / "said.txt"
    with (
        said.open("w") as out,
        subprocess.Popen(command, cwd=folder, env=environment, stderr=out) as server,
    ):
        try:
            yield address_that_answers(server, said)
        finally:
            server.terminate()


def address_that_answers(server, said):
    """The address that the server says, once it answers: it says it before it listens."""
    while server.poll() is None:
        if (found := ADDRESS.search(said.read_text())) and answers(found[0]):
            return found[0]
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{said.read_text()}")


def answers(address):
    try:
        return urllib.request.urlopen(address, timeout=60).status == 200
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            return False
        raise


def run_all_cells(page):
    """By command, once there is a kernel: until then Jupyter passes over every cell in silence."""
    page.wait_for_function(
        "globalThis.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
    )
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")


RUN_PYTHON = """async (code) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code });
  let text = "";
  future.onIOPub = (message) => { text += message.content.text ?? message.content.evalue ?? ""; };
  await future.done;
  return text;
}"""


def test_a_slider_moves_the_picture_and_python_sees_it(browser, lab):
    page = browser.new_context(viewport={"width": 1280, "height": 1600}).new_page()
    page.set_default_timeout(120000)
    outside = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(lab)
    run_all_cells(page)
    sentence = page.locator(".softmax .attn-says")
    sentence.wait_for()
    assert "D = 16, divided by √D" in sentence.inner_text()

    size = page.locator(".widget-inline-hbox", has_text="size D").get_by_role("slider")
    size.focus()
    size.press("ArrowRight")
    page.get_by_text("With D = 32, divided by √D").wait_for()
    page.get_by_role("checkbox", name="divide by √D").uncheck()
    page.get_by_text("With D = 32, not divided").wait_for()

    french = page.locator(".widget-vbox", has=page.locator(".dictionary"))
    french.get_by_role("slider", name="âge demandé").press("ArrowRight")
    french.get_by_text(re.compile("Pour .+ ans et une largeur")).wait_for()

    key = page.get_by_role("slider", name="key of cat")
    key.focus()
    key.press("ArrowUp")

    # The translator's weights came from Python, so the view can translate by itself.
    page.locator("[data-ready=true]").get_by_role("button", name="Shuffle the words").click()

    own = page.get_by_role("textbox", name="or your own")
    own.fill("the black cat slept")
    page.get_by_text("The model writes “Le chat noir a dormi”").wait_for()
    page.locator(".tl-fold summary").click()
    page.get_by_role("button", name="no weight of cat for").click()
    page.get_by_text("without your changes:").wait_for()

    search = page.get_by_role("textbox", name="search")
    search.fill("gaussian")
    search.press("Enter")
    page.get_by_text("1 of 6 types: “gaussian”.").wait_for()
    assert page.locator(".zoo-card:visible h3").all_inner_texts() == [
        "Gaussian kernel (Nadaraya–Watson)"
    ]

    values = "panel.controls[0].value, panel.view.doublings, panel.view.scaled, lab.view.key[0]"
    values += ", zoo.view.search, mine.view.text, mine.view.edits"
    seen = page.evaluate(RUN_PYTHON, f"import json; print(json.dumps([{values}]))")
    assert json.loads(seen) == [
        *(32, 5, False, [1.5, 0.6], "gaussian"),
        *("the black cat slept", [[0, 1, -1, 1, 2, 0]]),
    ]
    here = re.compile(r"(http|ws)://127\.0\.0\.1|data:|blob:")
    assert [url for url in outside if not here.match(url)] == []
    page.context.close()


def test_notebook_7_shows_them_and_a_model_of_the_reader_s_own(browser, notebook, complaints):
    page = browser.new_context(viewport={"width": 1280, "height": 1600}).new_page()
    page.set_default_timeout(120000)
    page.goto(notebook)
    run_all_cells(page)
    explorer = page.locator(".explore")
    row = explorer.locator(".explore-row tbody")
    before = row.inner_text()
    explorer.get_by_role("button", name="Layer 1, head 1", exact=False).first.click()
    expect(explorer.locator("[aria-atomic]").first).to_contain_text("Layer 1, head 1")
    page.wait_for_function(  # Python has answered
        "before => document.querySelector('.explore-row tbody').innerText !== before", arg=before
    )

    page.get_by_text("With D = 16, divided by √D").wait_for()
    # By mouse: Notebook takes the arrow keys for itself.
    page.locator(".widget-inline-hbox", has_text="size D").locator(".noUi-base").click(
        position={"x": 5, "y": 2}
    )
    page.get_by_text("With D = 16, divided by √D").wait_for(state="detached")
    page.get_by_text("divided by √D, the scores spread").wait_for()
    page.context.close()
    # Notebook asks for the settings of a plug-in that it does not have.
    complaints[:] = [line for line in complaints if "(reading 'schema')" not in line]


def test_a_chapter_reads_as_it_does_in_the_book(browser, lab, complaints):
    page = browser.new_context(viewport={"width": 1280, "height": 1600}).new_page()
    page.set_default_timeout(120000)
    page.goto(lab.replace("live.ipynb", CHAPTER))
    page.locator(".jp-MarkdownCell aside").first.wait_for()
    page.get_by_text("Three things to remember").wait_for()
    chapter = page.locator(".jp-Notebook:visible")
    text = chapter.inner_text()
    raw = (":::", "{admonition}", "{exercise}", "{term}", "[x]")
    assert [left for left in raw if left in text] == []
    assert "Unknown Directive" not in text
    for folded in ("Solution to", "Answers", "Hint"):
        place = chapter.locator("details", has=page.locator("summary", has_text=folded))
        assert place.count() > 0
        assert place.and_(page.locator("[open]")).count() == 0
    # The glossary and the bibliography are other pages of the book: there the links lead on.
    elsewhere = ("Cross reference target was not found: term-", "Citation not found")
    complaints[:] = [line for line in complaints if not line.startswith(elsewhere)]
