"""Finds a Chromium: the one named by CHROMIUM, the system's, or the one playwright installed."""

import os
import shutil
import subprocess
from pathlib import Path

from environment import Failed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    "the tests need Chromium: apt install chromium, "
    "or .venv/bin/python -m playwright install chromium"
)
PLAYWRIGHTS_OWN = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as play: print(play.chromium.executable_path)"
)


def find_chromium(python: Path) -> str:
    named = os.environ.get("CHROMIUM")
    if named:
        if not shutil.which(named):
            raise Failed(f"CHROMIUM names {named}, which is no program")
        return named
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    asked = subprocess.run(
        [str(python), "-c", PLAYWRIGHTS_OWN], capture_output=True, text=True, check=False
    )
    path = asked.stdout.strip()
    if not Path(path).is_file():
        raise Failed(MISSING)
    return path
