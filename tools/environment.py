"""Makes `.venv` with everything the course needs. A stamp in it says what it was made from."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "made-from.sha256"
MADE_FROM = ("requirements.txt", "constraints.txt", "requirements-data.txt")

# One thread and fixed hashes: small models run faster so, and outputs are the same everywhere.
STEADY = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


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


def fingerprint() -> str:
    """What the environment depends on: the requirements, and where this folder is."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in MADE_FROM:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    if not (STAMP.exists() and STAMP.read_text() == fingerprint()):
        return False
    found = "from importlib.util import find_spec; assert find_spec('attnlib')"
    return run(python(), "-c", found, quiet=True) == 0


def ensure() -> None:
    """Make `.venv`, or bring it up to date. A second call only reads the stamp."""
    if is_current():
        return
    if not python().exists():
        print("Making .venv …", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        if run(sys.executable, "-m", "venv", VENV) != 0:
            shutil.rmtree(VENV, ignore_errors=True)
            raise Failed(
                "Python could not make .venv; on Debian or Ubuntu: apt install python3-venv"
            )
    print("Installing what the course needs (about 2.5 GB, a few minutes) …", flush=True)
    pip = (python(), "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    for arguments in (
        ("-r", "requirements.txt"),
        ("--no-deps", "-r", "requirements-data.txt"),
        ("--no-deps", "--no-build-isolation", "-e", "."),
    ):
        if run(*pip, *arguments) != 0:
            raise Failed(f"pip could not install {arguments[-1]}: its own words are above")
    STAMP.write_text(fingerprint())
