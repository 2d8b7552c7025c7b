"""How a widget's files are joined, and what stands in a notebook for it."""

import json
import re
import subprocess

import pytest

from course import widgets
from course.widgets import _assets
from course.widgets._assets import ASSETS, STATIC, module
from course.widgets.page import page_script, write_page
from tests.course.js.conftest import node

VIEWS = sorted(
    path.name for path in STATIC.glob("*.js") if "\nexport default" in path.read_text("utf-8")
)
RUN = "import(process.argv[1]).then(({ default: answer }) => console.log(JSON.stringify(answer)))"


@pytest.fixture
def joined(tmp_path, monkeypatch):
    """`joined(view, **helpers)` gives what a view says that was joined with its helpers."""
    monkeypatch.setattr(_assets, "STATIC", tmp_path)

    def run(view: str, **helpers: str) -> object:
        for name, source in {"view": view, **helpers}.items():
            (tmp_path / f"{name}.js").write_text(source)
        (tmp_path / "joined.mjs").write_text(module("view.js"))
        command = [node(), "-e", RUN, (tmp_path / "joined.mjs").as_uri()]
        return json.loads(subprocess.check_output(command, text=True))

    return run


@pytest.mark.parametrize("name", VIEWS)
def test_a_joined_view_imports_nothing(name):
    joined = module(name)
    assert not re.search(r"^import ", joined, re.MULTILINE)
    assert joined.count("export default") == 1
    assert joined.count("const dom_js = ") == joined.count("function digits(") == 1


def test_comments_stay_behind_and_nothing_else_does(joined):
    view = """// A view.
import { one } from "./a.js";

/** Says
    one. */
export default { one, two: "// two", three: 3 }; // three
"""
    helper = "  // one\n/** One. */\nexport const one = 1;\n"
    assert joined(view, a=helper) == {"one": 1, "two": "// two", "three": 3}
    said = module("view.js")
    assert "One." not in said
    assert "Says" not in said


def test_no_text_spans_lines_that_could_look_like_comments():
    for path in STATIC.glob("*.js"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.count("`") % 2 == 0, f"{path.name}: {line}"


def test_an_import_may_take_another_name(joined):
    view = 'import { one as two } from "./a.js";\nexport default { two };\n'
    assert joined(view, a="export const one = 1;\n") == {"two": 1}


def test_files_may_use_the_same_names(joined):
    view = """import { first } from "./a.js";
import { second } from "./b.js";
const NAME = "view";
export default { say: [first(), second(), NAME] };
"""
    a = 'const NAME = "a";\nexport const first = () => NAME;\n'
    b = """import { first as other } from "./a.js";
const NAME = "b";
function first() { return NAME; }
export const second = () => other() + first();
"""
    assert joined(view, a=a, b=b) == {"say": ["a", "ab", "view"]}


def test_a_name_that_is_not_exported_is_refused_with_both_files(joined):
    view = 'import { one, two } from "./a.js";\nexport default {};\n'
    with pytest.raises(ValueError, match=r"view\.js imports two, which a\.js does not export"):
        joined(view, a="export const one = 1;\nconst two = 2;\n")


def test_a_circle_of_imports_is_refused_with_every_file_in_it(joined):
    view = 'import { a } from "./a.js";\nexport default {};\n'
    first = 'import { b } from "./b.js";\nexport const a = () => b;\n'
    second = 'import { a } from "./a.js";\nexport const b = () => a;\n'
    with pytest.raises(
        ValueError, match=r"a\.js imports itself, by way of .*a\.js → b\.js → a\.js"
    ):
        joined(view, a=first, b=second)


@pytest.mark.parametrize(
    "line",
    [
        'import one from "./a.js";',
        'import * as all from "./a.js";',
        'import "./a.js";',
        'export * from "./a.js";',
        "export { one };",
        "export let one = 1;",
    ],
)
def test_what_cannot_be_joined_is_refused_with_its_file(joined, line):
    view = 'import { two } from "./b.js";\nexport default {};\n'
    with pytest.raises(ValueError, match=rf"b\.js holds a line.*: {re.escape(line)}"):
        joined(view, a="export const one = 1;\n", b=f"{line}\nexport const two = 2;\n")


def test_the_page_script_is_a_classic_script():
    assert not re.search(r"^(import|export) ", page_script({}), re.MULTILINE)


def test_no_script_reaches_for_the_network_or_writes_html_from_text():
    sources = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
    for name, source in sources.items():
        assert not re.search(r"\bfetch\(|XMLHttpRequest|insertAdjacentHTML|document\.write", source)
        assert "https://" not in source, name
        assert "innerHTML" not in source, name


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


@pytest.mark.parametrize("content", [None, b"cut short"], ids=["missing", "damaged"])
def test_a_model_that_cannot_be_read_is_answered_with_the_reason(content, tmp_path, monkeypatch):
    file = tmp_path / "weights"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setitem(ASSETS, "gpt_pieces", file)
    view, told = widgets.next_word().view, []
    monkeypatch.setattr(view, "send", lambda answer, buffers=None: told.append((answer, buffers)))
    view._send_asset(view, {"kind": "asset", "name": "gpt_pieces"}, None)
    ((answer, buffers),) = told
    assert (answer["kind"], answer["name"], buffers) == ("asset", "gpt_pieces", None)
    assert answer["error"]
