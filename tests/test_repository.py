"""The repository's habits: workflows that are pinned and publish what passed, and line ends."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import pytest
import yaml
from environment import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
YAML = [*ROOT.glob("*.yml"), *ROOT.glob(".*.yaml"), *ROOT.glob(".github/**/*.yml")]
OURS = (
    ".binder",
    ".ci",
    ".devcontainer",
    ".github",
    "attnlib",
    "benchmarks",
    "book",
    "course",
    "notebooks",
    "tests",
    "tools",
)
BINARY = {".safetensors", ".xz", ".gz", ".png"}


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(workflow: Path) -> list[dict]:
    return [step for job in read(workflow)["jobs"].values() for step in job.get("steps", ())]


def files() -> list[Path]:
    """The project's own files, also in a copy that has no git."""
    found = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    found += [path for name in OURS for path in (ROOT / name).rglob("*") if path.is_file()]
    made = {"__pycache__", ".ipynb_checkpoints"}
    return [path for path in found if not made & {*path.parts}]


def needed(jobs: dict[str, dict], name: str) -> set[str]:
    """The jobs that must pass before this one starts."""
    before = jobs[name].get("needs", [])
    before = [before] if isinstance(before, str) else before
    return {*before, *(other for job in before for other in needed(jobs, job))}


def git(folder: Path, *command: str) -> str:
    return subprocess.run(
        ["git", *command], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository with our .gitattributes, set up as on Windows."""
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.autocrlf", "true")
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_every_yaml_file_can_be_read(path: Path) -> None:
    assert read(path)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(workflow: Path) -> None:
    used = re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8"))
    pinned = r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/\w+\.yml"
    assert [action for action in used if not re.fullmatch(pinned, action)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_one_action_has_one_version(workflow: Path) -> None:
    everywhere = " ".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    for name, commit in re.findall(r"uses: ([\w./-]+)@(\w+)", workflow.read_text()):
        assert {commit} == set(re.findall(rf"uses: {name}@(\w+)", everywhere))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_unless_a_job_says_more(workflow: Path) -> None:
    assert read(workflow)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_job_has_a_time_limit(workflow: Path) -> None:
    jobs = read(workflow)["jobs"]
    assert [n for n, job in jobs.items() if not ("uses" in job or "timeout-minutes" in job)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_whatever_is_published_has_passed_the_tests(workflow: Path) -> None:
    jobs = read(workflow)["jobs"]
    tests = {name for name, job in jobs.items() if job.get("uses", "").endswith("/test.yml")}
    writes = [n for n, job in jobs.items() if "write" in job.get("permissions", {}).values()]
    assert [name for name in writes if not tests & needed(jobs, name)] == []


def test_a_deployment_is_not_cut_short() -> None:
    publish = read(ROOT / ".github/workflows/pages.yml")["jobs"]["publish"]
    assert publish["concurrency"]["cancel-in-progress"] is False


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_the_paths_that_workflows_name_exist(workflow: Path) -> None:
    commands = " ".join(step.get("run", "") for step in steps(workflow))
    named = re.findall(r"(?<![\w./])(?:tests|tools)/[\w./]+|\.ci/\w+", commands)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_test_that_is_named_anywhere_exists() -> None:
    text = [path.read_bytes() for path in files() if path.suffix not in BINARY]
    named = {
        one.decode() for told in text for one in re.findall(rb"\btests/[\w/]+\.(?:py|js)\b", told)
    }
    absent = sorted(name for name in named if not (ROOT / name).exists())
    assert absent == ["tests/course/js/test_widgets_name.py"]  # where a new widget's are to stand


@pytest.mark.parametrize("length", [72, 73])
def test_the_hook_holds_the_first_line_to_72_characters(length: int) -> None:
    hooks = read(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    pattern = next(hook["entry"] for hook in hooks if hook["id"] == "first-line")
    message = "A" * length + "\n\n" + "a longer body " * 9
    found = re.search(pattern, message, re.MULTILINE | re.DOTALL)  # as pre-commit searches
    assert bool(found) == (length > 72)


def test_no_file_has_the_line_ends_of_windows() -> None:
    text = [path for path in files() if path.suffix not in BINARY]
    assert [str(path) for path in text if b"\r\n" in path.read_bytes()] == []


def test_every_file_that_is_not_text_is_marked_binary(repository: Path) -> None:
    kinds = {path.suffix for path in files() if b"\0" in path.read_bytes()[:8000]}
    assert kinds <= BINARY
    told = git(repository, "check-attr", "text", *(f"x{kind}" for kind in sorted(BINARY)))
    assert [line for line in told.splitlines() if not line.endswith("text: unset")] == []


def test_a_checkout_on_windows_keeps_the_line_ends(repository: Path) -> None:
    script = repository / "run"
    script.write_bytes(b"#!/usr/bin/env bash\nmake test\n")
    git(repository, "add", "run")
    script.unlink()
    git(repository, "checkout", "--", "run")
    assert b"\r" not in script.read_bytes()


def sources(package: str) -> Iterator[str]:
    """A package's code; the course's is that of the chapters, too."""
    for path in (ROOT / package).rglob("*.py"):
        yield path.read_text(encoding="utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb") if package == "course" else []:
        cells = nbformat.read(path, as_version=4).cells
        yield from (cell.source for cell in cells if cell.cell_type == "code")


def imported(package: str) -> set[str]:
    """The packages of others that a package's code imports, anywhere in it."""
    names: set[str] = set()
    for source in sources(package):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return {name.partition(".")[0] for name in names} - {package, *sys.stdlib_module_names}


@pytest.mark.parametrize(
    ("package", "pyproject"), [("attnlib", "pyproject.toml"), ("course", "course/pyproject.toml")]
)
def test_a_package_declares_what_it_imports(package: str, pyproject: str) -> None:
    project = tomllib.loads((ROOT / pyproject).read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    asked = [*project["dependencies"], *(name for names in extras for name in names)]
    declared = {re.split("[>=]", name)[0].replace("_", "-") for name in asked}
    packages = {"attnlib": ["attnlib"], **packages_distributions()}
    needed = {packages[name][0].replace("_", "-") for name in imported(package)}
    assert declared == needed


def test_the_files_that_answer_the_journal_s_checklist_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    answers = text.partition("## As JOSE asks")[2].partition("\n## ")[0]
    named = re.findall(r"`([\w./-]+)`", answers)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == ["paper.md"]  # as it says
