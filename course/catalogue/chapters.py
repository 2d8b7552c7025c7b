"""The chapter that explains a type: its title, and its file on the built page."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


class Chapter(NamedTuple):
    """`page` is empty where the zoo itself is all there is."""

    title: str
    page: str


@cache
def chapter(name: str) -> Chapter:
    """The chapter whose file is `NN_name.ipynb`, its title without a subtitle.

    Raises FileNotFoundError where there is none, or more than one.
    """
    files = sorted(NOTEBOOKS.glob(f"[0-9][0-9]_{name}.ipynb"))
    if len(files) != 1:
        raise FileNotFoundError(f"one notebooks/NN_{name}.ipynb was wanted, got {len(files)}")
    first, *_ = json.loads(files[0].read_text(encoding="utf-8"))["cells"]
    title = first["source"][0].removeprefix("# ").strip().partition(":")[0]
    return Chapter(title, "" if name == "zoo" else f"{files[0].stem}.html")
