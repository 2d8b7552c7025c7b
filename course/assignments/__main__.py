"""Write chapters as homework, or grade one: python -m course.assignments 4 5

The notebooks of the chapters lie beside the course, in a clone of its repository.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from course._console import speak_utf8
from course.assignments.grading import results, verdicts
from course.assignments.homework import write

ROOT = Path(__file__).resolve().parents[2]


def chapters() -> dict[int, Path]:
    return {int(path.name[:2]): path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))}


def main(words: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m course.assignments", description=__doc__)
    parser.add_argument("chapter", type=int, nargs="*", help="their numbers; all, if none is given")
    where = "the folder to write into (_build/assignments)"
    parser.add_argument("--into", type=Path, default=ROOT / "_build" / "assignments", help=where)
    parser.add_argument(
        "--grade", type=Path, metavar="NOTEBOOK", help="say of each exercise how it is"
    )
    parser.add_argument("--results", type=Path, metavar="JSON", help="also as Gradescope reads it")
    chosen = parser.parse_args(words)
    if chosen.grade:
        return grade(parser, chosen.grade, chosen.results)
    if chosen.results:
        parser.error("--results needs --grade")
    known = chapters()
    for number in chosen.chapter or known:
        if number not in known:
            parser.error(f"there is no chapter {number}; there are {', '.join(map(str, known))}")
        try:
            written = write(known[number], chosen.into / f"chapter_{number:02}")
        except FileExistsError as problem:
            parser.error(str(problem))
        print(f"{written[0]}: {len(written) - 2} exercises")
    return None


def grade(parser: ArgumentParser, notebook: Path, json: Path | None) -> None:
    try:
        said = verdicts(notebook)
    except (FileNotFoundError, ValueError) as problem:
        parser.error(str(problem))
    for name, verdict in said.items():
        print(f"{name}: {verdict}")
    if json:
        json.write_text(results(said), encoding="utf-8")


if __name__ == "__main__":
    speak_utf8()
    main(sys.argv[1:])
