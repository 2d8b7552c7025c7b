"""The course's commands, for every system: `python tools/make.py book`, or `make book`.

book        make the environment, build the book, serve it on http://127.0.0.1:8000
html        build the book into _build/html, and stop at any warning
lab         open the chapters in JupyterLab
test        everything that is checked, from the code to the book in a real browser
processors  run the chapters as three processors would, and compare: ten minutes or more
regenerate  run every notebook anew and keep its outputs
setup       only make the environment, in .venv
assignments the chapters as homework: notebooks without solutions, and their checks as tests
bench       measure attnlib beside its peers, store and draw it: half an hour, on a machine at rest
site        the built book in a site of several versions, as latest or as VERSION
slides      each chapter's pictures, formulas and predictions as slides: HTML and PDF
zip         the built book as one file, to be read without a network
pdf         the built book as one file, to be printed
clean       remove what was built (and with it nothing that you wrote)
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036, pyproject's minimum is what is checked here
    this = ".".join(map(str, sys.version_info[:2]))
    sys.exit("Python 3.11 or newer is needed; this is " + this + " (try: make PYTHON=python3.12)")

import os
import shutil

from browser import find_chromium
from environment import ROOT, STEADY, Failed, ensure, python, run
from processors import differing
from serve import check_port, serve
from take_home import zipped
from versions import lay

HTML = ROOT / "_build" / "html"


def build_html() -> None:
    ensure()
    command = ("build", ".", "-W", "--keep-going", "-n", "--quiet")
    jupyter_book = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    if run(python(), "-c", jupyter_book, *command, **STEADY) != 0:
        raise Failed("the book has warnings: they are above")
    print("The book is built: " + (HTML / "index.html").as_uri())


def book() -> None:
    port = check_port(os.environ.get("PORT", "8000"))
    build_html()
    serve(HTML, port)


def lab() -> None:
    ensure()
    # In a container the only user is often root, whom Jupyter refuses unless told.
    if run(python(), "-m", "jupyterlab", "notebooks", "--allow-root", **STEADY) != 0:
        raise Failed("JupyterLab stopped with an error: its own words are above")


def test() -> None:
    ensure()
    chromium = find_chromium(python())
    pytest = (python(), "-m", "pytest", "-q", "-n", os.environ.get("WORKERS", "2"))
    nbval = ("--dist", "loadfile", "--nbval", "--nbval-current-env")
    pages = map(str, sorted(ROOT.glob("book/*.ipynb")))
    sys.exit(run(*pytest, *nbval, "tests", "notebooks", *pages, CHROMIUM=chromium, **STEADY))


def processors() -> None:
    ensure()
    if found := differing(sys.argv[2:]):
        raise Failed(f"cells differ on a processor {', '.join(found)}: see above")
    print("The chapters show on all three what is stored.")


def regenerate() -> None:
    ensure()
    chapters = sys.argv[2:]
    if run(python(), "tools/regenerate.py", *chapters, **STEADY) != 0:
        raise Failed("a notebook could not be run: see above")


def bench() -> None:
    ensure()
    pip = (python(), "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    if run(*pip, "-r", "benchmarks/requirements.txt") != 0:
        raise Failed("pip could not install the peers: its own words are above")
    results = ("--store", "benchmarks/results.json") if len(sys.argv) == 2 else ()
    pictures = ("--draw", str(ROOT / "_build" / "bench"))
    sys.exit(run(python(), "-m", "benchmarks", *pictures, *results, *sys.argv[2:]))


def site() -> None:
    build_html()
    laid = lay(HTML, ROOT / "_build" / "site", os.environ.get("VERSION", "latest"))
    print("The version is laid: " + (laid / "index.html").as_uri())


def zip_book() -> None:
    build_html()
    print(zipped(HTML, ROOT / "_build" / "attention-live.zip"))


def pdf() -> None:
    build_html()
    target = ROOT / "_build" / "attention-live.pdf"
    if run(python(), "tools/take_home.py", HTML, target, find_chromium(python())) != 0:
        raise Failed("the book could not be printed: see above")


def slides() -> None:
    build_html()
    target = ROOT / "_build" / "slides"
    told = (HTML, target, find_chromium(python()), *sys.argv[2:])
    if run(python(), "tools/slides.py", *told) != 0:
        raise Failed("not every chapter was written: see above")


def assignments() -> None:
    ensure()
    if run(python(), "-m", "course.assignments", *sys.argv[2:], **STEADY) != 0:
        raise Failed("not every chapter was written: see above")


def clean() -> None:
    for name in ("_build", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    print("Cleaned. (To remove the environment too, delete .venv.)")


COMMANDS = {
    "book": book,
    "html": build_html,
    "lab": lab,
    "test": test,
    "processors": processors,
    "regenerate": regenerate,
    "assignments": assignments,
    "slides": slides,
    "site": site,
    "zip": zip_book,
    "pdf": pdf,
    "bench": bench,
    "setup": ensure,
    "clean": clean,
}


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    if name not in COMMANDS:
        print(__doc__)
        sys.exit(name != "help")
    sys.stdout.reconfigure(errors="replace")  # a console without … still gets the words around it
    try:
        COMMANDS[name]()
    except Failed as reason:
        sys.exit(f"{name}: {reason}")
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
