"""Print every attention type: python -m course.catalogue, or with --markdown all of TYPES.md.

`--measure` first runs the tests of those oracles whose difference is not stored yet.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from course._console import speak_utf8
from course.catalogue import CATALOGUE, command_line, differences
from course.catalogue.code_line import place
from course.catalogue.entry import Entry
from course.catalogue.papers import papers


def listing() -> str:
    """Per type its name, tier, paper, oracle and how far that is; below its test and its import."""
    widest = max(len(entry.name) for entry in CATALOGUE)
    lines, family = [], None
    for entry in sorted(CATALOGUE, key=lambda entry: entry.family):
        if entry.family != family:
            family = entry.family
            lines.append(f"\n{family}")
        oracle = f"{differences.stored()[entry.test]:.0e}  {entry.oracle}"
        lines.append(f"  {entry.name:{widest}}  T{entry.tier}  {entry.cite:20}  {oracle}")
        lines.append(f"  {'':{widest}}      {'':20}  {entry.test}")
        lines.append(f"  {'':{widest}}      {'':20}  {import_of(entry)}")
    said = "1e-15: the largest difference that the test of the oracle below it meets"
    return "\n".join([said, *lines, f"\n{len(CATALOGUE)} attention types"])


def import_of(entry: Entry) -> str:
    """The line that imports its implementation, from the nearest public module."""
    room, _, name = place(entry).rpartition(".")
    return f"from {room} import {name}"


def markdown() -> str:
    """TYPES.md. One row per type: name, family, paper, growth of time and memory, oracle."""
    head = f"# All {len(CATALOGUE)} attention types\n"
    told = "Printed by `python -m course.catalogue --markdown`.\n"
    rows = ["| type | family | paper | time | memory | checked against |", "|" + "---|" * 6]
    for entry in CATALOGUE:
        paper = papers()[entry.cite]
        link = f"[{paper.reference}]({paper.address})"
        source = link if paper.address else paper.reference
        cells = (entry.name, entry.family, source, entry.time, entry.memory, entry.oracle)
        rows.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join([head, told, *rows])


def main(words: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m course.catalogue", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="the table of TYPES.md")
    parser.add_argument("--names", action="store_true", help="the tables of the book's page")
    says = "run the tests of oracles not measured yet, or of all, and store what differs most"
    parser.add_argument("--measure", nargs="?", const="new", choices=("new", "all"), help=says)
    chosen = parser.parse_args(words)
    if chosen.measure:
        differences.measure([entry.test for entry in CATALOGUE], anew=chosen.measure == "all")
    print(command_line.tables() if chosen.names else markdown() if chosen.markdown else listing())


if __name__ == "__main__":
    speak_utf8()
    main(sys.argv[1:])
