"""The benchmark asks what it says: every case is built, and all its contenders agree."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import clock, memory, report
from benchmarks.__main__ import agree, answer, main
from benchmarks.case import Case
from benchmarks.groups import GROUPS

ROOT = Path(__file__).parent.parent
LONGEST = 512
SMALL = [(name, case) for name, cases in GROUPS.items() for case in cases(LONGEST)]


@pytest.mark.parametrize("case", [case for _, case in SMALL], ids=lambda case: case.name)
def test_all_contenders_give_the_same_answer(case: Case) -> None:
    contenders = case.contenders()
    assert next(iter(contenders)) == "attnlib"
    agree(case, contenders)
    for run in contenders.values():
        assert run().isfinite().all()


def test_another_answer_is_refused() -> None:
    both = {"attnlib": lambda: torch.ones(1), "peer": lambda: torch.full((1,), 2.0)}
    wrong = Case("one or two", lambda: both)
    with pytest.raises(AssertionError, match=r"one or two: peer differs from attnlib by 1\.0e\+00"):
        answer("plain", wrong, seconds=0)


def test_contenders_take_turns() -> None:
    called: list[str] = []

    def run(name: str) -> torch.Tensor:
        called.append(name)
        torch.ones(1 << 20).sum()  # long enough to be read one by one
        return torch.ones(1)

    readings = clock.measure({n: lambda n=n: run(n) for n in ("attnlib", "peer")}, seconds=0)
    assert readings["attnlib"].ratio == 1
    assert readings["peer"].turns == clock.FEWEST
    half = called[len(called) // 2 :]
    assert {"attnlib", "peer"} == set(half)


@pytest.mark.skipif(not memory.RESET.exists(), reason="only Linux counts pages so")
def test_peak_memory_is_that_of_the_call() -> None:
    kept = torch.ones(1 << 22)
    found = memory.peak(lambda: torch.ones(1 << 24).sum())
    assert found == pytest.approx(64, rel=0.2)  # 2²⁴ numbers of four bytes
    assert memory.peak(lambda: kept[:1] + 1) == pytest.approx(0, abs=2)


def test_the_command_prints_and_stores(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    call = [sys.executable, "-m", "benchmarks", "plain", "--longest", "8", "--seconds", "0.01"]
    call += ["--store", str(file), "--draw", str(tmp_path)]
    said = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert "causal, T = 8" in said.stdout
    assert "causal, T = 8" in (tmp_path / "plain.svg").read_text(encoding="utf-8")
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["machine"]["torch"] == torch.__version__
    assert {line["contender"] for line in found["lines"]} == {"attnlib", "SDPA"}
    assert set(found["lines"][0]) == set(report.Line.__annotations__)


def test_an_unknown_group_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["plane"])
    assert ended.value.code == 2
    assert "there is no group 'plane'; there are plain, windows" in capsys.readouterr().err
