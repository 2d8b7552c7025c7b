"""Containers and Binder: they start by the commands and in the versions that stand elsewhere."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import make
import yaml
from environment import ROOT, VENV, python

CONTAINER = ROOT / ".devcontainer"
BINDER = ROOT / ".binder"
PACKAGED = ("pyproject.toml", "README.md", "LICENSE")
NO_DATA = shutil.ignore_patterns("__pycache__", "*.safetensors", "*.xz", "*.egg-info")
# Sees each call of pip through to the end, without a network and without installing.
ONLY_LOOKS = '#!/bin/sh\nexec "{python}" "$@" --dry-run --no-deps --no-index --no-build-isolation\n'


def settings() -> dict:
    return json.loads((CONTAINER / "devcontainer.json").read_text(encoding="utf-8"))


def dockerfile() -> str:
    return (CONTAINER / settings()["build"]["dockerfile"]).read_text(encoding="utf-8")


def pythons_of_ci() -> list[str]:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    return workflow["jobs"]["everything"]["strategy"]["matrix"]["python"]


def test_the_container_starts_by_a_make_command() -> None:
    commands = {name: said for name, said in settings().items() if name.endswith("Command")}
    assert commands == {"postCreateCommand": "make setup"}
    assert "setup" in make.COMMANDS


def test_the_container_has_a_tested_python_and_what_the_tests_need() -> None:
    assert re.search(r"^FROM python:(\S+)-", dockerfile(), re.MULTILINE)[1] in pythons_of_ci()
    for_ci = re.search(r"install -y -qq (chromium .*) >", (ROOT / ".ci" / "run").read_text())[1]
    assert for_ci in dockerfile()


def test_the_container_s_user_is_made_in_it() -> None:
    assert re.search(rf"useradd .* {settings()['remoteUser']}$", dockerfile(), re.MULTILINE)


def test_the_container_s_ports_are_those_of_the_commands() -> None:
    book = re.search(r'os\.environ\.get\("PORT", "(\d+)"\)', Path(make.__file__).read_text())[1]
    jupyter = "8888"  # JupyterLab's own, which make lab leaves as it is
    assert settings()["forwardPorts"] == [int(book), int(jupyter)]
    labels = {port: said["label"] for port, said in settings()["portsAttributes"].items()}
    assert labels == {book: "the book (make book)", jupyter: "JupyterLab (make lab)"}


def test_the_editor_takes_the_environment_s_python() -> None:
    named = settings()["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert named == f"{VENV.name}/bin/{python().name.removesuffix('.exe')}"


def test_binder_has_a_tested_python() -> None:
    asked = (BINDER / "runtime.txt").read_text().strip()
    assert asked.removeprefix("python-") in pythons_of_ci()


def test_binder_s_script_finds_every_package_in_the_pinned_version(tmp_path: Path) -> None:
    """Run as it stands, in a copy of the repository; only, pip looks and does not install."""
    clone, path = tmp_path / "clone", tmp_path / "bin"
    for package in (".binder", "attnlib", "course"):
        shutil.copytree(ROOT / package, clone / package, ignore=NO_DATA)
    for name in (*ROOT.glob("*.txt"), *PACKAGED):
        shutil.copy(ROOT / name, clone)
    path.mkdir()
    (path / "python").write_text(ONLY_LOOKS.format(python=sys.executable))
    (path / "python").chmod(0o755)
    script = clone / ".binder" / "postBuild"
    assert os.access(script, os.X_OK)  # Binder does not start it otherwise
    environment = os.environ | {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    told = subprocess.run([script], cwd=clone, env=environment, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-2000:]
