"""Train one small GPT alone and over several processes, and print the losses side by side.

torchrun --nproc-per-node 4 -m course.across
torchrun --nproc-per-node 2 -m course.across --ways ddp zigzag --steps 20
torchrun --nproc-per-node 2 -m course.across --lose 1     # and see how the run ends
"""

import os
import signal
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from datetime import timedelta

import torch
import torch.distributed as dist

from course._console import speak_utf8
from course.across.ways import BATCH, CONTEXT, WAYS, losses

PROGRAM = "torchrun --nproc-per-node 4 -m course.across"
OTHERS = [way for way in WAYS if way != "alone"]


def main(words: Sequence[str]) -> None:
    parser = ArgumentParser(
        prog=PROGRAM, description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--ways", nargs="+", choices=OTHERS, default=OTHERS)
    parser.add_argument("--steps", type=int, default=6)
    says = "seconds that a process waits for another"
    parser.add_argument("--timeout", type=float, default=60.0, help=says)
    parser.add_argument("--lose", type=int, metavar="RANK", help="a process that ends at step 2")
    chosen = parser.parse_args(words)
    if "WORLD_SIZE" not in os.environ:
        parser.error(f"there is one process only; start it so: {PROGRAM}")
    torch.set_num_threads(1)
    dist.init_process_group("gloo", timeout=timedelta(seconds=chosen.timeout))
    try:
        compare(chosen.ways, chosen.steps, chosen.lose)
    except (RuntimeError, ValueError, OSError) as error:
        sys.exit(f"course.across, process {dist.get_rank()}: {error}")
    dist.destroy_process_group()


def compare(ways: Sequence[str], steps: int, lose: int | None) -> None:
    """Print a column per way. Raises ValueError for processes among which the batch, or the
    sequence in two stretches each, does not divide."""
    rank, processes = dist.get_rank(), dist.get_world_size()
    if BATCH % processes or CONTEXT % (2 * processes):
        raise ValueError(f"{BATCH} sequences of {CONTEXT} tokens: take 1, 2, 4 or 8 processes")

    def before(step: int) -> None:
        if rank == lose and step == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    found = {way: losses(way, steps, before=before) for way in ways}
    if rank > 0:
        return
    found = {"alone": losses("alone", steps), **found}
    print(f"{processes} processes, batches of {BATCH} × {CONTEXT} tokens, loss per step")
    print("step" + "".join(f"{way:>12}" for way in found))
    for step, row in enumerate(zip(*found.values(), strict=True)):
        print(f"{step:4}" + "".join(f"{loss:12.8f}" for loss in row))
    for way in ways:
        apart = (found[way] - found["alone"]).abs().max().item()
        print(f"{way:8} is apart from alone by at most {apart:.0e}")


if __name__ == "__main__":
    speak_utf8()
    main(sys.argv[1:])
