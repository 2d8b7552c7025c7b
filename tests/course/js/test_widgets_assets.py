"""How a widget's files are joined, and what stands in a notebook for it."""

import re

import pytest

from course import widgets
from course.widgets._assets import STATIC, module
from course.widgets.page import page_script, write_page

VIEWS = ["softmax_and_scale.js", "qkv_lab.js"]


@pytest.mark.parametrize("name", VIEWS)
def test_a_joined_view_imports_nothing(name):
    joined = module(name)
    assert not re.search(r"^import ", joined, re.MULTILINE)
    assert joined.count("export default") == 1
    assert joined.count("function softmax(") == joined.count("function digits(") == 1


def test_the_page_script_is_a_classic_script():
    assert not re.search(r"^(import|export) ", page_script(), re.MULTILINE)


def test_no_script_reaches_for_the_network_or_writes_html_from_text():
    sources = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
    for name, source in sources.items():
        assert not re.search(r"\bfetch\(|XMLHttpRequest|insertAdjacentHTML|document\.write", source)
        assert "https://" not in source, name
    with_inner_html = [name for name, source in sources.items() if "innerHTML" in source]
    assert with_inner_html == ["page_controls.js"]  # the authors' own HTML widget, drawn once


@pytest.mark.parametrize("make", [widgets.softmax_and_scale, widgets.qkv_lab])
def test_a_notebook_keeps_the_call_and_the_same_picture(make):
    first, second = (make()._repr_mimebundle_() for _ in range(2))
    assert first["text/plain"] == second["text/plain"] == repr(make())
    assert first["text/plain"].startswith(make.__name__ + "(")
    assert first["text/html"] == second["text/html"]
    assert first["text/html"].startswith("<svg ")


def test_large_files_become_scripts_beside_the_page_script(tmp_path, monkeypatch):
    weights = tmp_path / "weights.bin"
    weights.write_bytes(bytes([0, 1, 255]))
    monkeypatch.setattr("course.widgets.page.ASSETS", {"tiny": weights})
    write_page(tmp_path / "page")
    assert sorted(path.name for path in (tmp_path / "page").iterdir()) == ["page.js", "tiny.js"]
    assert '["tiny"] = "AAH/"' in (tmp_path / "page" / "tiny.js").read_text()
