"""How the house is laid out: which way imports run, what a package's face is, where commands stand.

All of it is read from the source, nothing is imported.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the ground up. A module may import what stands on its own floor or below, never above.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("_lazy", "checks", "layout", "precision"),
    ("scores", "masks", "normalizers", "positions", "caches"),
    ("kernels",),
    ("dispatch", "attended", "_equation"),
    ("attend", "_attention"),
    ("heads", "linear", "sparse", "vision", "graphs", "sets", "retrieval"),
    ("models", "inspect", "parallel"),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

MODULES = sorted(path for top in ("attnlib", "course") for path in (ROOT / top).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FACES = [path for path in MODULES if path.name == "__init__.py"]
COMMANDS = [ROOT / "tests" / "break_it_once.py"]  # beside every __main__.py, and those of tools/


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module or name that is imported anywhere in the file: `attnlib.masks.Causal`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out from the top"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> list[str]:
    return list(imported(parsed(path)))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "attnlib").parts[0].removesuffix(".py")


LIBRARY = [path for path in MODULES if path.is_relative_to(ROOT / "attnlib")]
BELOW_THE_FACE = [path for path in LIBRARY if path != ROOT / "attnlib" / "__init__.py"]


@pytest.mark.parametrize("path", LIBRARY, ids=shown)
def test_the_library_knows_nothing_of_the_course(path: Path) -> None:
    upstairs = ("course", "tests", "tools", "notebooks")
    assert [name for name in imports_of(path) if name.split(".")[0] in upstairs] == []


def test_every_room_has_its_floor() -> None:
    assert {room_of(path) for path in BELOW_THE_FACE} == FLOOR.keys()


@pytest.mark.parametrize("path", BELOW_THE_FACE, ids=shown)
def test_imports_run_downstairs(path: Path) -> None:
    mine = FLOOR[room_of(path)]
    used = [name for name in imports_of(path) if name.split(".")[0] == "attnlib"]
    rooms = {name: name.split(".")[1] for name in used if "." in name}
    assert [name for name in used if "." not in name] == [], "import the room, not attnlib"
    assert [name for name, room in rooms.items() if FLOOR.get(room, len(FLOORS)) > mine] == []


class Face:
    """What a package's `__init__.py` says: its `__all__`, and the names it binds at the top."""

    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        self.bound: set[str] = set()
        self.modules = {module.stem for module in self.folder.glob("*.py")}
        self.modules |= {module.parent.name for module in self.folder.glob("*/__init__.py")}
        self.all: list[str] | None = None
        for node in parsed(path).body:
            if isinstance(node, ast.ImportFrom):
                self.bound |= self._things(node)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.bound.add(node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = {target.id for target in targets if isinstance(target, ast.Name)}
                self.bound |= names
                if "__all__" in names and node.value is not None:
                    self.all = ast.literal_eval(node.value)

    def _things(self, node: ast.ImportFrom) -> set[str]:
        """What it imports from its rooms: functions and classes, no modules."""
        whole = str(node.module)
        here = ROOT / whole.replace(".", "/") == self.folder
        return {alias.asname or alias.name for alias in node.names if not here}


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=shown)
def test_every_folder_of_modules_is_a_package(folder: Path) -> None:
    assert (folder / "__init__.py").is_file()


@pytest.mark.parametrize("path", FACES, ids=shown)
def test_a_face_says_what_is_public_and_has_it(path: Path) -> None:
    face = Face(path)
    assert ast.get_docstring(parsed(path)), "a face begins with what stands in the room"
    assert face.all is not None, "the face has no __all__"
    assert [name for name in face.all if name not in face.bound | face.modules] == []
    assert [name for name in face.all if name.startswith("_")] == []
    assert len(face.all) == len(set(face.all))


@pytest.mark.parametrize("path", FACES, ids=shown)
def test_no_module_bears_the_name_of_what_its_face_exports(path: Path) -> None:
    """It would be hidden: `attnlib.attention.f` fails where attnlib exports `attention`."""
    face = Face(path)
    assert face.modules & face.bound == set()


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=shown)
def test_a_command_is_a_main_file(path: Path) -> None:
    if path.name == "__main__.py" or path in COMMANDS:
        return
    compared = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Compare))
    assert [ast.unparse(node) for node in compared if ast.unparse(node.left) == "__name__"] == []


def test_no_two_test_files_share_a_name() -> None:
    """Where no package holds them, pytest imports both by the bare name, and stops."""
    bare = [path for path in TESTS if not (path.parent / "__init__.py").exists()]
    names = Counter(path.name for path in bare if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []
