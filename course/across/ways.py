"""One small GPT, trained alone and in five ways over several processes, by the same steps.

alone     one process reads the whole batch
ddp       each process has all weights and reads some of the rows; gradients are averaged
fsdp      so too, but a process keeps its share of the weights, and fetches the others when needed
ring      each process reads a stretch of every row; keys and values go round
zigzag    so too, an early stretch and a late one
both      zigzag, and weights shared out as by fsdp
"""

from collections.abc import Callable

import torch
import torch.distributed as dist
from jaxtyping import Int
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from attnlib.models.gpt import GPT
from attnlib.parallel import Order, places, put_on_ring
from course.data import plays
from course.data.byte_pair import learn
from course.training import Recipe, train

BATCH, CONTEXT = 8, 64  # sequences of so many tokens
SIZES = {"size": 64, "heads": 4, "layers": 2, "longest": CONTEXT}
Tokens = Int[Tensor, "B T"]


def alone(model: nn.Module) -> Callable[[Tokens], Tensor]:
    return lambda tokens: surprise(model(tokens[:, :-1]), tokens[:, 1:])


def ddp(model: GPT) -> Callable[[Tokens], Tensor]:
    shared = DistributedDataParallel(model)
    return lambda tokens: alone(shared)(rows(tokens))


def fsdp(model: GPT) -> Callable[[Tokens], Tensor]:
    shared = sharded(model)
    return lambda tokens: alone(shared)(rows(tokens))


def ring(model: GPT) -> Callable[[Tokens], Tensor]:
    return on_ring(model, "contiguous", DistributedDataParallel)


def zigzag(model: GPT) -> Callable[[Tokens], Tensor]:
    return on_ring(model, "zigzag", DistributedDataParallel)


def both(model: GPT) -> Callable[[Tokens], Tensor]:
    return on_ring(model, "zigzag", sharded)


WAYS = {"alone": alone, "ddp": ddp, "fsdp": fsdp, "ring": ring, "zigzag": zigzag, "both": both}


def sharded(model: GPT) -> nn.Module:
    """The model, of which each process keeps its share of every weight."""
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    for layer in model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model


def on_ring(
    model: GPT, order: Order, share: Callable[[GPT], nn.Module]
) -> Callable[[Tokens], Tensor]:
    """The loss of this process's tokens; `share` has the gradients averaged."""
    # A group of its own: its messages and the averaging of gradients never meet.
    put_on_ring(model, order=order, group=dist.new_group())
    shared = share(model)
    mine = places(CONTEXT, dist.get_world_size(), order=order)[dist.get_rank()]
    return lambda tokens: surprise(shared(tokens[:, :-1][:, mine]), tokens[:, 1:][:, mine])


def rows(tokens: Tokens) -> Tokens:
    """This process's share of the batch."""
    return tokens.chunk(dist.get_world_size())[dist.get_rank()]


def surprise(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def losses(way: str, steps: int, *, before: Callable[[int], None] = lambda step: None) -> Tensor:
    """The loss of every step, as the mean over the processes; those of `alone` on each by itself.

    `before(step)` is called before each step. In float64, so that one sees how equal they are.
    """
    tokens, words = text()
    torch.manual_seed(0)
    model = GPT(words, **SIZES, rotary=True, dropout_p=0.0).double()
    loss = WAYS[way](model)

    def of_step(step: int) -> Tensor:
        before(step)
        starts = torch.randint(len(tokens) - CONTEXT, (BATCH, 1))  # the same on every process
        return loss(tokens[starts + torch.arange(CONTEXT + 1)])

    recipe = Recipe(steps, 3e-3, warmup=2)
    found = torch.tensor(train(model, of_step, recipe, progress=False), dtype=torch.float64)
    if way != "alone":
        dist.all_reduce(found)
        found /= dist.get_world_size()
    return found


def text() -> tuple[Int[Tensor, " N"], int]:
    """One play in characters, and how many different ones there are."""
    play = plays.plain((plays.folder() / "tragedies" / "hamlet.md").read_text(encoding="utf-8"))
    tokenizer = learn(play, 0)
    return torch.tensor(tokenizer.encode(play)), len(tokenizer)
