"""Finds a Chromium: the one named by CHROMIUM, the system's, or the one playwright installed."""

import os
import shutil
import subprocess
from pathlib import Path

from environment import Failed

NAMES = (
    "chromium-headless-shell",  # the same engine without windows: opens a page in two thirds
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
# Each window loads two pages for its address bar, beside the page that is tested or measured.
# Chromium hears the last such list only: what playwright turns off stands in it, too.
TURNED_OFF = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "HttpsUpgrades",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-features=" + ",".join(TURNED_OFF)]
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
