"""Makes `.venv` with everything the course needs. A stamp in it says what it was made from."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "made-from.sha256"
MADE_FROM = (
    *("requirements.txt", "constraints.txt", "requirements-data.txt"),
    "attnlib/kernels/in_c/flash.c",  # compiled at the end
)
PACKAGES = ("attnlib", "course")

# pip writes the list of its own files last: without it, pip was not installed to the end.
PIP_IS_WHOLE = "from importlib.metadata import files; assert files('pip')"
FINDS = """
import sys
from importlib.util import find_spec
from os.path import join, samefile

root, *packages = sys.argv[1:]
for name in packages:
    assert samefile(find_spec(name).submodule_search_locations[0], join(root, name))
"""

for stream in (sys.stdout, sys.stderr):  # a console's own encoding may lack the signs we print
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")

# One thread and fixed hashes: small models run faster so, and outputs are the same everywhere.
# UTF-8, since our files are, and Windows would read them as something else.
STEADY = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
}


class Failed(Exception):  # noqa: N818, it reads: raise Failed("why")
    """Something went wrong that one plain line explains."""


def python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*arguments: str | Path, quiet: bool = False, **extra: str) -> int:
    """Run a program in the project's folder; its exit status. `extra` adds to the environment."""
    environment = os.environ | extra
    silence = subprocess.DEVNULL if quiet else None
    command = [str(argument) for argument in arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdout=silence, stderr=silence
    ).returncode


def answers(code: str, *arguments: str | Path) -> bool:
    """Whether the environment's Python runs this code without an error.

    `-I` keeps the folder it is called from, and PYTHONPATH, from answering in its place.
    """
    try:
        return run(python(), "-I", "-c", code, *arguments, quiet=True) == 0
    except OSError:  # it is not there, or leads to a Python that was removed
        return False


def fingerprint() -> str:
    """What the environment depends on: the requirements, and where this folder is."""
    digest = hashlib.sha256(os.fsencode(ROOT))
    for name in MADE_FROM:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether `.venv` was made from today's requirements, and finds this folder's packages."""
    if not (STAMP.is_file() and STAMP.read_bytes() == fingerprint().encode()):
        return False
    return answers(FINDS, ROOT, *PACKAGES)


def make() -> None:
    """An empty environment, in place of whatever an interrupted start may have left."""
    print("Making .venv …", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if run(sys.executable, "-m", "venv", VENV) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise Failed("Python could not make .venv; on Debian or Ubuntu: apt install python3-venv")


def ensure() -> None:
    """Make `.venv`, or bring it up to date, or go on where an interrupted call stopped."""
    if is_current():
        return
    STAMP.unlink(missing_ok=True)
    if not answers(PIP_IS_WHOLE):
        make()
    print("Installing what the course needs (about 3.5 GB, a few minutes) …", flush=True)
    pip = (python(), "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    for arguments in (
        ("-r", "requirements.txt"),
        ("--no-deps", "-r", "requirements-data.txt"),
        ("--no-deps", "--no-build-isolation", "-e", ".", "-e", "./course"),
    ):
        if run(*pip, *arguments) != 0:
            raise Failed(f"pip could not install {arguments[-1]}: its own words are above")
    STAMP.write_text(fingerprint())
    compile_native()


def compile_native() -> None:
    """Compile `impl="native"`, where there is a C compiler: all else does without."""
    if shutil.which("gcc") or shutil.which("cc"):
        run(python(), "-m", "attnlib.kernels.in_c")
