"""Print the course's numbers, or measure some chapters' anew: python -m course.measurements 9"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module

import torch

from course._console import speak_utf8
from course.measurements.table import chapters, store, stored


def main(words: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m course.measurements", description=__doc__)
    known = ", ".join(map(str, chapters()))
    says = f"measured anew and stored: {known}"
    parser.add_argument("chapter", type=int, nargs="*", help=says)
    chosen = parser.parse_args(words)
    for chapter in chosen.chapter:
        if chapter not in chapters():
            parser.error(f"chapter {chapter} has no measurements; {known} have")
    torch.set_num_threads(1)
    for chapter in chosen.chapter:
        store(chapter, import_module(f"course.measurements.chapter_{chapter:02d}").measure())
    for chapter in chosen.chapter or chapters():
        print(f"Chapter {chapter:02d}\n")
        for table in stored(chapter):
            print(f"{table}\n    {table.command}\n")


if __name__ == "__main__":
    speak_utf8()
    main(sys.argv[1:])
