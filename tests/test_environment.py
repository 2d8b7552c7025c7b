"""The environment heals: an interrupted start may leave anything behind, and the next goes on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import environment
import make
import pytest
from environment import ROOT, STEADY, Failed


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real environment without pip, as when `python -m venv` was cut short, and no stamp."""
    folder = tmp_path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    monkeypatch.setattr(environment, "VENV", folder)
    monkeypatch.setattr(environment, "STAMP", folder / environment.STAMP.name)
    return folder


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `ensure` would have run, were it not for this test; questions are still answered."""
    noted: list[str] = []
    really_run = environment.run

    def run(*arguments: str | Path, **options: bool | str) -> int:
        command = " ".join(map(str, arguments))
        if "-I" in arguments:
            return really_run(*arguments, **options)
        noted.append(command)
        environment.VENV.mkdir(exist_ok=True)
        return 0

    monkeypatch.setattr(environment, "run", run)
    return noted


def site_packages(venv: Path) -> Path:
    return next(venv.rglob("site-packages"))


def stamp() -> None:
    environment.STAMP.write_text(environment.fingerprint())


def install_this_folder(venv: Path, root: Path = ROOT) -> None:
    (site_packages(venv) / "here.pth").write_text(f"{root}\n", encoding="utf-8")


def install_pip(venv: Path) -> None:
    """As much of pip as says that it was unpacked to the end."""
    folder = site_packages(venv) / "pip-99.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: pip\nVersion: 99\n")
    (folder / "RECORD").write_text("pip/__init__.py,,\n")


def run_plain(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a folder, with a locale that knows nothing but ASCII."""
    plain = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=plain, cwd=folder, capture_output=True, text=True)


def test_a_stamped_environment_that_finds_this_folder_is_current(venv: Path) -> None:
    install_this_folder(venv)
    stamp()
    assert environment.is_current()


def test_without_a_stamp_it_is_not_current(venv: Path) -> None:
    install_this_folder(venv)
    assert not environment.is_current()


def test_a_stamp_of_other_requirements_is_not_current(venv: Path) -> None:
    install_this_folder(venv)
    environment.STAMP.write_bytes(b"\xff" + environment.fingerprint().encode())
    assert not environment.is_current()


def test_it_is_not_current_if_only_the_working_folder_has_attnlib(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    stamp()
    assert not environment.is_current()


def test_it_is_not_current_if_it_finds_another_copy(venv: Path, tmp_path: Path) -> None:
    for name in environment.PACKAGES:
        (tmp_path / "copy" / name).mkdir(parents=True)
        (tmp_path / "copy" / name / "__init__.py").touch()
    install_this_folder(venv, tmp_path / "copy")
    stamp()
    assert not environment.is_current()


@pytest.mark.parametrize("left", ["nothing", "a link to a Python that was removed"])
def test_a_stamp_without_a_python_is_not_current(venv: Path, left: str) -> None:
    install_this_folder(venv)
    stamp()
    environment.python().unlink()
    if left != "nothing":
        environment.python().symlink_to(venv / "removed")
    assert not environment.is_current()


def test_an_environment_without_pip_is_made_anew(venv: Path, commands: list[str]) -> None:
    (venv / "left over").touch()
    environment.ensure()
    assert commands[0] == f"{sys.executable} -m venv {venv}"
    assert not (venv / "left over").exists()


def test_an_environment_with_half_a_pip_is_made_anew(venv: Path, commands: list[str]) -> None:
    install_pip(venv)
    next(venv.rglob("RECORD")).unlink()
    environment.ensure()
    assert commands[0] == f"{sys.executable} -m venv {venv}"


def test_an_environment_with_pip_is_kept_and_gone_on_with(venv: Path, commands: list[str]) -> None:
    install_pip(venv)
    environment.ensure()
    pip = [command for command in commands if command.startswith(f"{environment.python()} -m pip")]
    assert len(pip) == 3
    assert commands[:3] == pip


@pytest.mark.parametrize("compiler", [None, "/usr/bin/gcc"])
def test_attention_in_c_is_compiled_where_there_is_a_compiler(
    venv: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch, compiler: str | None
) -> None:
    install_pip(venv)
    monkeypatch.setattr(environment.shutil, "which", lambda name: compiler)
    environment.ensure()
    asked = [command for command in commands if "attnlib.kernels.in_c" in command]
    assert len(asked) == (compiler is not None)


def test_an_environment_without_a_python_is_made_anew(venv: Path, commands: list[str]) -> None:
    install_pip(venv)
    stamp()
    environment.python().unlink()
    environment.ensure()
    assert commands[0] == f"{sys.executable} -m venv {venv}"


def test_a_second_call_runs_nothing(venv: Path, commands: list[str]) -> None:
    install_pip(venv)
    install_this_folder(venv)
    environment.ensure()
    commands.clear()
    environment.ensure()
    assert commands == []


def test_the_stamp_is_gone_while_pip_is_at_work(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a switch to other requirements and back, cut short in between, would look current."""
    install_pip(venv)
    environment.STAMP.write_text("made from other requirements")
    monkeypatch.setattr(environment, "answers", lambda *question: True)
    monkeypatch.setattr(environment, "run", lambda *command, **options: 1)
    with pytest.raises(Failed, match="pip could not install"):
        environment.ensure()
    assert not environment.STAMP.exists()


def test_a_folder_with_an_umlaut_needs_no_locale(tmp_path: Path) -> None:
    folder = tmp_path / "schön"
    shutil.copytree(ROOT / "tools", folder / "tools")
    for name in environment.MADE_FROM:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    code = "import environment; print(environment.fingerprint())"
    told = run_plain(code, folder / "tools")
    assert (told.stderr, len(told.stdout.strip())) == ("", 64)


def test_a_console_without_unicode_gets_utf8() -> None:
    code = """
import make
make.COMMANDS["say"] = lambda: print("Making .venv \\u2026")
make.sys.argv = ["make.py", "say"]
make.main()
"""
    told = run_plain(code, ROOT / "tools")
    assert (told.stderr, told.stdout) == ("", "Making .venv …\n")


def test_a_command_reads_our_files_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONUTF8", "0")
    assert environment.run(sys.executable, "-c", "open('README.md').read()", **STEADY) == 0


def test_lab_also_starts_for_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter refuses root, the only user of many a container, unless it is told."""
    noted: list[str] = []
    monkeypatch.setattr(make, "ensure", lambda: None)
    monkeypatch.setattr(make, "run", lambda *arguments, **extra: noted.extend(arguments) or 0)
    make.lab()
    assert "--allow-root" in noted
