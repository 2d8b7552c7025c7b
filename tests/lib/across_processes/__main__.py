"""torchrun --nproc-per-node 4 -m across_processes FOLDER

Every process's rows of each output and gradient go into the folder, and what it said of one that
did not answer. At the end process 1 is killed.
"""

import os
import signal
import sys
from datetime import timedelta
from itertools import product
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors.torch import save_file

from across_processes import LENGTH, MASKS, MODELS, RINGS, WAYS, pull, small, states
from attnlib.parallel import head_parallel_attention, places, put_on_ring, ring_attention

LATE = timedelta(seconds=5)


def attended(rank, processes):
    """This process's rows of each way under each mask, with their gradients."""
    found = {}
    for way in WAYS:
        mine = places(LENGTH, processes, order=way if way in RINGS else "contiguous")[rank]
        for name, mask in MASKS.items():
            inputs = [s.detach()[:, :, mine].requires_grad_() for s in states(way)]
            if way == "heads":
                output = head_parallel_attention(*inputs, mask=mask)
            else:
                output = ring_attention(*inputs, mask=mask, order=way)
            gradients = torch.autograd.grad(output, inputs, pull()[:, :, mine])
            for part, tensor in enumerate((output.detach(), *gradients)):
                found[f"{way} {name} {part}"] = tensor.contiguous()
    return found


def written(rank, processes):
    """This process's logits of a model on a ring."""
    found = {}
    for name, order in product(MODELS, RINGS):
        model, tokens = small(name)
        mine = places(LENGTH, processes, order=order)[rank]
        found[f"{name} {order}"] = put_on_ring(model, order=order)(tokens[:, mine]).detach()
    return found


def refused(rank):
    """What is said where the processes do not agree."""
    one = torch.zeros(1, 1, 1, 2)
    longer = torch.zeros(1, 1, 1 + rank, 2)
    tries = {
        "lengths": lambda: ring_attention(one, longer, longer),
        "heads": lambda: head_parallel_attention(one, one, one),
        "odd": lambda: ring_attention(one, one, one, order="zigzag"),
    }
    return {name: said(attempt) for name, attempt in tries.items()}


def said(attempt):
    try:
        attempt()
    except (RuntimeError, ValueError) as error:
        return str(error)
    return "nothing"


def main(folder):
    dist.init_process_group("gloo", timeout=timedelta(seconds=60))
    dist.barrier()  # all are here: they make the next group within its short time-out
    impatient = dist.new_group(timeout=LATE)
    rank, processes = dist.get_rank(), dist.get_world_size()
    save_file(attended(rank, processes) | written(rank, processes), folder / f"{rank}.safetensors")
    words = refused(rank)

    one = torch.zeros(1, 1, 2, 2)
    if rank != 1:  # which is late
        words["late"] = said(lambda: ring_attention(one, one, one, group=impatient))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # torchrun ends the others when one has failed
    dist.barrier()
    if rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    words["killed"] = said(lambda: ring_attention(one, one, one))
    (folder / f"{rank}.txt").write_text("\n".join(f"{k}: {v}" for k, v in words.items()), "utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
