"""What was measured: a table on screen, JSON, and pictures."""

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import matplotlib.pyplot as plt
import torch

from benchmarks.clock import seconds_of
from course import plots

PEERS = ("torch", "transformers", "x-transformers", "fla-core", "onnxruntime", "numpy")


@dataclass(frozen=True)
class Line:
    """One contender of one case."""

    group: str
    case: str
    contender: str
    cpu_ms: float
    wall_ms: float
    ratio: float  # its CPU time by attnlib's, turn by turn; 1 for attnlib
    peak_mib: float | None
    turns: int
    target: float | None = None  # for the first peer of a case


def machine() -> dict[str, str | int]:
    """Where it was measured, and with what."""
    info = Path("/proc/cpuinfo")
    told = info.read_text().splitlines() if info.exists() else []
    names = [row for row in told if "model name" in row]
    found: dict[str, str | int] = {
        "date": date.today().isoformat(),
        "processor": names[0].partition(":")[2].strip() if names else platform.processor(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }
    for package in PEERS:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def matmul_peak() -> float:
    """GFLOP/s of one float32 product of two 2048 × 2048 matrices: what bounds everything here."""
    left, right = torch.randn(2, 2048, 2048, generator=torch.Generator().manual_seed(0))
    return 2 * 2048**3 / seconds_of(lambda: left @ right) / 1e9


def table(lines: list[Line]) -> Iterator[str]:
    """Rows for the screen, a case's name once."""
    yield f"{'':44} {'':38} {'CPU ms':>10} {'ratio':>7} {'target':>7} {'MiB':>8}"
    before = None
    for line in lines:
        case = line.case if line.case != before else ""
        before = line.case
        target = "" if line.target is None else f"{line.target:.2f}"
        peak = "" if line.peak_mib is None else f"{line.peak_mib:.1f}"
        ratio = "" if line.contender == "attnlib" else f"{line.ratio:.2f}×"
        yield f"{case:44} {line.contender:38} {line.cpu_ms:10.3f} {ratio:>7} {target:>7} {peak:>8}"


def store(path: Path, lines: list[Line], about: dict[str, object]) -> None:
    """All lines and the machine as JSON, one line per row."""
    rows = ",\n".join("  " + json.dumps(asdict(line), ensure_ascii=False) for line in lines)
    head = json.dumps(about, ensure_ascii=False)
    path.write_text(f'{{"machine": {head},\n "lines": [\n{rows}\n]}}\n', encoding="utf-8")


def draw(folder: Path, lines: list[Line]) -> None:
    """A picture per group: how much longer than attnlib its peers take."""
    folder.mkdir(parents=True, exist_ok=True)
    plots.use_style()
    for group in dict.fromkeys(line.group for line in lines):
        mine = [asdict(line) for line in lines if line.group == group]
        figure = plots.ratios(mine, title=group)
        figure.savefig(folder / f"{group}.svg")
        plt.close(figure)
