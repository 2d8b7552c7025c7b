"""A table of measured numbers, with the command that measures them again."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parent

Cell = str | float | int


@dataclass(frozen=True)
class Table:
    """What was measured: a title that says on what data, names of columns, rows of cells.

    `command` reproduces it. `percent` and `digits` say how its floats are printed: 0.9955 as
    99.6 %, or with that many digits. Raises ValueError for a row that does not fit the columns.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    command: str
    percent: bool = False
    digits: int = 2

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows must have {len(self.columns)} cells like the columns; got {list(row)}"
                )

    def __str__(self) -> str:
        lines = [list(self.columns), *(list(map(self._text, row)) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join([self.title, *(_line(line, widths) for line in lines)])

    def _text(self, cell: Cell) -> str:
        if not isinstance(cell, float):
            return str(cell)
        return f"{cell:.1%}" if self.percent else f"{cell:.{self.digits}f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The first column to the left, numbers to the right."""
    first, *others = cells
    numbers = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
    return "  ".join([first.ljust(widths[0]), *numbers]).rstrip()


def store(chapter: int, tables: Sequence[Table]) -> None:
    """Write the chapter's tables, one per line, for `stored` to read."""
    lines = [json.dumps(asdict(table), ensure_ascii=False) for table in tables]
    _path(chapter).write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def stored(chapter: int) -> list[Table]:
    """The chapter's tables as last measured. Raises ValueError when none are stored."""
    if chapter not in chapters():
        raise ValueError(f"chapter {chapter} has no stored measurements; {chapters()} have")
    return [Table(**told) for told in json.loads(_path(chapter).read_text(encoding="utf-8"))]


def chapters() -> list[int]:
    """The chapters whose numbers are stored."""
    return sorted(int(path.stem.removeprefix("chapter_")) for path in FOLDER.glob("chapter_*.json"))


def _path(chapter: int) -> Path:
    return FOLDER / f"chapter_{chapter:02d}.json"
