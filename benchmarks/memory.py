"""How much memory one call needs besides what was there before, as Linux counts pages."""

import ctypes
import gc
from pathlib import Path

from benchmarks.case import Run

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak(run: Run) -> float | None:
    """MiB at the highest point of one call, over what was taken before it; None outside Linux."""
    if not RESET.exists():
        return None
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # memory that was freed goes back, or it would be used unseen
    before = _kibibytes("VmRSS")
    RESET.write_text("5")  # the highest point is now
    run()
    return max(0, _kibibytes("VmHWM") - before) / 1024


def _kibibytes(entry: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(entry + ":"))
    return int(line.split()[1])
