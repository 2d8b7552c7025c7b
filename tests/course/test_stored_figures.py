"""No word of a figure that a chapter stores is cut at the figure's left or right edge."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from environment import ROOT
from matplotlib import pyplot as plt
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from course import plots

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TEXT = "{http://www.w3.org/2000/svg}text"
SIZE = re.compile(r"font(?:-size)?: (?:[a-z0-9]+ )*?([\d.]+)px")
BEFORE = {"start": 0.0, "middle": 0.5, "end": 1.0}  # how much of a word stands left of its anchor


def beyond_the_edge(svg: str) -> list[str]:
    """The level words of a picture that begin or end outside it, by the widths of its font.

    A formula, whose letters are placed one by one, is not looked at.
    """
    root = ElementTree.fromstring(svg)
    width = float(root.attrib["viewBox"].split()[2])
    outside = []
    for text in root.iter(TEXT):
        words, style, moved = "".join(text.itertext()), text.get("style", ""), text.get("transform")
        turned = re.search(r"rotate\((-?[\d.]+)", moved or "")
        size = SIZE.search(style)
        if not words.strip() or not size or (turned and float(turned[1]) != 0):
            continue
        bold = re.search(r"bold|\b700\b", style)
        font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
        long = TextPath((0, 0), words, size=float(size[1]), prop=font).get_extents().width
        anchor = re.search(r"text-anchor: (\w+)", style)
        place = re.search(r"translate\((-?[\d.]+)", moved or "")
        x = float(text.get("x") or (place[1] if place else 0))
        left = x - long * BEFORE[anchor[1] if anchor else "start"]
        if left < 0 or left + long > width:
            outside.append(words)
    return outside


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_word_of_a_stored_figure_is_cut(path: Path) -> None:
    pictures = [
        "".join(output["data"]["image/svg+xml"])
        for cell in json.loads(path.read_text())["cells"]
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]
    assert [cut for picture in pictures for cut in beyond_the_edge(picture)] == []


def test_a_long_title_widens_a_narrow_map(tmp_path: Path) -> None:
    plots.use_style()
    title = "A title far longer than its three cells are wide, and then some"
    figure = plots.heatmap(torch.eye(3), title=title).figure
    figure.savefig(tmp_path / "map.svg")
    plt.close(figure)
    assert beyond_the_edge((tmp_path / "map.svg").read_text()) == []


def test_a_cut_title_is_found() -> None:
    cut = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 50 20"><text x="20" '
        'style="font-size: 12px; text-anchor: start">a long title</text></svg>'
    )
    assert beyond_the_edge(cut) == ["a long title"]
