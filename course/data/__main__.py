"""Make the stored corpus from the grammar, the same each time: python -m course.data (30 s)."""

import lzma
import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from course._console import speak_utf8
from course.data.making import make
from course.data.translation import STORED, format_line


def main(words: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m course.data", description=__doc__)
    parser.parse_args(words)
    splits = make()
    lines = [format_line(name, pair) for name, pairs in splits.items() for pair in pairs]
    STORED.write_bytes(lzma.compress(("\n".join(lines) + "\n").encode(), preset=9))
    sizes = ", ".join(f"{name} {len(pairs)}" for name, pairs in splits.items())
    print(f"{STORED.name}: {sizes}; {STORED.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    speak_utf8()
    main(sys.argv[1:])
