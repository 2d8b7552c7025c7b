"""One machine plays three processors, and names those on which the chapters differ."""

import os
import subprocess
import sys

import processors
import pytest
from processors import PROCESSORS, differing

ASK = "import torch; print(torch.backends.cpu.get_cpu_capability())"


def test_a_processor_without_avx_is_one_for_pytorch() -> None:
    told = subprocess.run(
        [sys.executable, "-c", ASK],
        env=os.environ | PROCESSORS["without AVX"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() in {"DEFAULT", "NO AVX"}


def test_all_processors_are_tried_and_those_that_differ_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def run(*command: str, **variables: str) -> int:
        capability = variables.get("ATEN_CPU_CAPABILITY")
        tried.append((command[-1], capability))
        return int(capability == "avx2")

    monkeypatch.setattr(processors, "run", run)
    assert differing([]) == ["with AVX2"]
    assert tried == [("notebooks", "default"), ("notebooks", "avx2"), ("notebooks", None)]
    assert differing(["notebooks/05_masks.ipynb"]) == ["with AVX2"]
    assert tried[-1] == ("notebooks/05_masks.ipynb", None)
