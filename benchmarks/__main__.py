"""Measure attnlib beside its peers: make bench, or python -m benchmarks plain windows"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks import clock, memory, report
from benchmarks.case import Case, Run
from benchmarks.groups import GROUPS

RESULTS = Path(__file__).parent / "results.json"


def main(words: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("group", nargs="*", help=", ".join(GROUPS) + "; all when none is named")
    parser.add_argument("--longest", type=int, default=16384, help="leave out longer sequences")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each case")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--store", type=Path, help="where to write JSON, benchmarks/results.json …")
    parser.add_argument("--draw", type=Path, help="a folder for pictures, one per group")
    chosen = parser.parse_args(words)
    if unknown := [name for name in chosen.group if name not in GROUPS]:
        parser.error(f"there is no group {unknown[0]!r}; there are {', '.join(GROUPS)}")
    torch.set_num_threads(chosen.threads)
    groups = chosen.group or list(GROUPS)
    cases = [(name, case) for name in groups for case in GROUPS[name](chosen.longest)]
    lines: list[report.Line] = []
    for group, case in tqdm(cases, unit="case", disable=None):
        lines += answer(group, case, seconds=chosen.seconds)
    about = {**report.machine(), "matmul GFLOP/s": round(report.matmul_peak(), 1)}
    print("\n".join(report.table(lines)))
    print("\n" + ", ".join(f"{name} {said}" for name, said in about.items()))
    if chosen.store:
        report.store(chosen.store, lines, about)
    if chosen.draw:
        report.draw(chosen.draw, lines)
        print(f"Pictures: {chosen.draw}")


def answer(group: str, case: Case, *, seconds: float) -> list[report.Line]:
    """One line per contender, attnlib's first. Raises AssertionError where the answers differ."""
    contenders = case.contenders()
    agree(case, contenders)
    peaks = {name: memory.peak(run) for name, run in contenders.items()}
    readings = clock.measure(contenders, seconds=seconds)
    lines = [
        report.Line(
            group=group,
            case=case.name,
            contender=name,
            cpu_ms=1e3 * read.cpu,
            wall_ms=1e3 * read.wall,
            ratio=read.ratio,
            peak_mib=peaks[name],
            turns=read.turns,
        )
        for name, read in readings.items()
    ]
    if len(lines) > 1:
        lines[1] = replace(lines[1], target=case.target)
    return lines


def agree(case: Case, contenders: dict[str, Run]) -> None:
    """Exactness first: a faster answer counts only if it is the same answer."""
    if case.tolerance is None:
        return
    ours = contenders["attnlib"]()
    for name, run in contenders.items():
        apart = (run() - ours).abs().max().item()
        assert apart <= case.tolerance, f"{case.name}: {name} differs from attnlib by {apart:.1e}"


if __name__ == "__main__":
    main(sys.argv[1:])
