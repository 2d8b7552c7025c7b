"""Can every test fail? Break one thing at a time in a copy, and see its test notice.

    python tests/break_it_once.py            all faults of tests/mutations
    python tests/break_it_once.py slots λ    those whose description holds one of these words

Prints a line for each fault, and ends with status 1 if one of them goes unnoticed.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mutations import MUTATIONS
from mutations.mutation import Mutation

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "_build", "notebooks", "shared", "__pycache__")


def main(words: list[str]) -> int:
    chosen = [m for m in MUTATIONS if not words or any(word in m.says for word in words)]
    unnoticed = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        for mutation in chosen:
            noticed = is_noticed(mutation, copy)
            print("noticed  " if noticed else "UNNOTICED", mutation.says, flush=True)
            unnoticed += [] if noticed else [mutation]
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} faults fail a test")
    return 1 if unnoticed else 0


def is_noticed(mutation: Mutation, copy: Path) -> bool:
    """Whether the fault's test fails: pytest's status is 1, not that of an error on the way."""
    path = copy / mutation.file
    source = path.read_text()
    path.write_text(broken(source, mutation))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    try:
        ran = subprocess.run([*command, mutation.test], cwd=copy, capture_output=True, check=False)
    finally:
        path.write_text(source)
    return ran.returncode == 1


def broken(source: str, mutation: Mutation) -> str:
    if source.count(mutation.old) != 1:
        raise ValueError(f"{mutation.says}: {mutation.old!r} must stand once in {mutation.file}")
    return source.replace(mutation.old, mutation.new)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
