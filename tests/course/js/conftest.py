"""Calls the widgets' JavaScript: javascript("math.js", "softmax", [1, 2, 3]) → a list.

`then=["encode", "text"]` calls a method of what came back.
"""

import json
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from formulas import node

from course.widgets._assets import ASSETS, STATIC, asset_bytes

HERE = Path(__file__).parent
FOLDER = TemporaryDirectory()


@cache
def sent(name: str) -> Path:
    """What a view is sent of this name, as a file for Node."""
    path = Path(FOLDER.name) / name
    path.write_bytes(asset_bytes(name, ASSETS[name]))
    return path


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
