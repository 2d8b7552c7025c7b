"""The naive references of flash-linear-attention, loaded by file, without its kernels.

    naive = reference("comba")
    naive.naive_recurrent_comba(…)

They come in (B, T, H, D) for the most part and compute in float32: `in_double` makes that float64.
"""

import importlib.util
from functools import cache
from pathlib import Path


@cache
def reference(room, file="naive"):
    """The module `fla/ops/ROOM/FILE.py`."""
    package = importlib.util.find_spec("fla")
    path = Path(package.submodule_search_locations[0]) / "ops" / room / f"{file}.py"
    spec = importlib.util.spec_from_file_location(f"fla_{room.replace('/', '_')}_{file}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def time_first(states):
    """(B, H, T, …) as (B, T, H, …), and back."""
    return states.transpose(1, 2)
