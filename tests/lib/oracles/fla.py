"""The naive references of flash-linear-attention, loaded by file, without its kernels.

    naive = reference("comba")
    naive.naive_recurrent_comba(…)

They come in (B, T, H, D) for the most part and compute in float32; here in float64.
"""

import importlib.util
import sys
from functools import cache
from pathlib import Path

import torch


class TorchInFloat64:
    """torch, with float64 under the name of float32."""

    float32 = float = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)

    def zeros(self, *sizes, **options):
        return torch.zeros(*sizes, **{"dtype": torch.float64, **options})


@cache
def reference(room, file="naive"):
    """The module `fla/ops/ROOM/FILE.py`."""
    package = importlib.util.find_spec("fla")
    path = Path(package.submodule_search_locations[0]) / "ops" / room / f"{file}.py"
    name = f"fla_reference_{room.replace('/', '_')}_{file}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    module.torch = TorchInFloat64()
    return module


def time_first(states):
    """(B, H, T, …) as (B, T, H, …), and back."""
    return states.transpose(1, 2)
