"""Stored pictures have two decimals, and rounding a picture leaves all else as it was."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import nbformat
from environment import ROOT
from regenerate import regenerate

from course import plots
from course.plots.rounding import rounded

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONG = re.compile(r"\d*\.\d{3,}")
HASHED = re.compile(r"[0-9a-f]{10}")
TAG = re.compile(r"<[a-zA-Z][^<>]*>")
PIXELS = re.compile(r'"data:[^"]*"')
LABEL = re.compile(r'aria-label="[^"]*"')

SVG = """<svg width="432.1234pt" viewBox="0 0 432.1251 -0">
<!-- 12.345678 d="M 1.23456" -->
<text x="-0.0049" y="0.125" fill="#1e5005" transform="rotate(-0 1.239 -7.001)">3.14 y="2.718"</text>
<path d="M 0.135 1.0049
L 20.10 100" clip-path="url(#p0123456789)" style="fill: #0e1234; stroke-width: 7.9952"/>
<a xlink:href="https://example.org/1.2345"/>
<image xlink:href="data:image/png;base64,1.2345" x="9.999"/>
<clipPath id="p0123456789"/>
</svg>"""

ROUNDED = """<svg width="432.12pt" viewBox="0 0 432.13 0">
<!-- 12.345678 d="M 1.23456" -->
<text x="0" y="0.12" fill="#1e5005" transform="rotate(0 1.24 -7)">3.14 y="2.718"</text>
<path d="M 0.14 1
L 20.1 100" clip-path="url(#NAME)" style="fill: #0e1234; stroke-width: 8"/>
<a xlink:href="https://example.org/1.2345"/>
<image xlink:href="data:image/png;base64,1.2345" x="10"/>
<clipPath id="NAME"/>
</svg>"""


def drawn(offset: float = 0.0) -> str:
    """A figure with markers, a clip path and text, as SVG; `offset` shifts one coordinate."""
    with plt.rc_context():
        plots.use_style()
        figure, ax = plt.subplots()
        ax.plot([0.0, 1.0 + offset, 2.0], [0.0, 1.2345678, 3.0], marker="o")
        ax.set_title("1.23456 < √d & “2.34567”")
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
        plt.close(figure)
    return file.getvalue()


def pictures(paths: list[Path] = CHAPTERS) -> list[tuple[str, str]]:
    """Where, and the SVG, of all outputs: figures, and the stills of widgets."""
    found = []
    for path in paths:
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
            for output in cell.get("outputs", []):
                shown = output.get("data", {})
                kept = (shown.get("image/svg+xml", ""), shown.get("text/html", ""))
                found += [(f"{path.stem}:{number}", text) for text in kept if "<svg" in text]
    return found


def in_tags(svg: str) -> str:
    """What stands in the tags, without pixels and labels: those may have any digits."""
    return LABEL.sub("", PIXELS.sub("", " ".join(TAG.findall(svg))))


def test_stored_pictures_have_two_decimals_at_most() -> None:
    found = pictures()
    assert len(found) > len(CHAPTERS)
    assert {place: long for place, text in found if (long := LONG.findall(in_tags(text)))} == {}


def test_stored_figures_are_as_they_would_be_drawn_today() -> None:
    figures = [(place, text) for place, text in pictures() if text.startswith("<?xml")]
    assert [place for place, text in figures if rounded(text) != text] == []


def test_rounding_changes_coordinates_and_leaves_the_rest_alone() -> None:
    assert re.sub(r"attn-[0-9a-f]{8}-1", "NAME", rounded(SVG)) == ROUNDED


def test_rounding_twice_is_rounding_once() -> None:
    for picture in (SVG, drawn()):
        assert rounded(rounded(picture)) == rounded(picture)


def test_what_a_figure_says_stays() -> None:
    before, after = (ElementTree.fromstring(text) for text in (drawn(), rounded(drawn())))
    assert [node.text for node in before.iter()] == [node.text for node in after.iter()]


def test_names_in_a_figure_are_defined_once_and_found() -> None:
    text = rounded(drawn())
    names = re.findall(r'\sid="([^"]*)"', text)
    assert len(names) == len(set(names))
    used = set(re.findall(r'(?:url\(|href=")#([^")]*)', text))
    assert used
    assert used <= set(names)
    assert [name for name in names if HASHED.search(name)] == []


def test_another_processor_draws_the_same() -> None:
    assert drawn(1e-8) != drawn()
    assert rounded(drawn(1e-8)) == rounded(drawn())


def test_two_pictures_on_one_page_do_not_share_names() -> None:
    names = [set(re.findall(r"attn-\w+-\d+", rounded(drawn(offset)))) for offset in (0, 0.5)]
    assert names[0]
    assert names[0].isdisjoint(names[1])


CELLS = (
    "import matplotlib.pyplot as plt\nfrom course import plots\nplots.use_style()",
    "plt.plot([0.1234567, 2.7654321]);",
)


def test_a_notebook_shows_rounded_pictures(tmp_path: Path) -> None:
    path = tmp_path / "figure.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    regenerate(path)
    (shown,) = [picture for _, picture in pictures([path])]
    assert "<path" in shown
    assert rounded(shown) == shown
    assert not LONG.search(in_tags(shown))
