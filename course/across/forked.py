"""Several processes for one cell: copies of this one, which share a group and give back tensors."""

import multiprocessing
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import start_processes


def together(
    work: Callable[[int, int], Any], processes: int, *, timeout: float = 60.0
) -> list[Any]:
    """What `work(rank, processes)` gives back in each of so many processes, in order of rank.

    They are forks: whatever the notebook has defined, they have. What they give back are tensors,
    numbers and words, and lists or dictionaries of these. Who waits for another longer than
    `timeout` seconds gives up. Raises torch's ProcessRaisedException when one of them fails, and
    ValueError where processes cannot be forked, as on Windows.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        raise ValueError("this system cannot fork a process: use Linux, macOS or WSL")
    with tempfile.TemporaryDirectory() as folder:
        start_processes(_one, (work, processes, folder, timeout), processes, start_method="fork")
        return [torch.load(Path(folder) / f"{rank}.pt") for rank in range(processes)]


def _one(
    rank: int, work: Callable[[int, int], Any], processes: int, folder: str, timeout: float
) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=f"file://{folder}/meeting",
        rank=rank,
        world_size=processes,
        timeout=timedelta(seconds=timeout),
    )
    torch.save(work(rank, processes), Path(folder) / f"{rank}.pt")
    dist.barrier()  # nobody leaves while another may still wait for its answer
    dist.destroy_process_group()
