"""GPT-2's block with one part exchanged, each model as large as the others, five seeds each."""

from dataclasses import replace
from functools import cache

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional as F

from course.data import plays
from course.data.byte_pair import BytePairs
from course.language.today import GPT2, LLAMA, Parts, Today, as_large, parameters
from course.language.writer import load
from course.training import Recipe, train

MERGES = 500  # of the tokenizer
CONTEXT = 64  # tokens that the model looks back on
BATCH_SIZE = 8
READ = 400  # windows of held-out text
LAYERS = 3
SEEDS = range(5)
RECIPE = Recipe(steps=200, learning_rate=3e-3, warmup=30, optimizer="muon")

EXCHANGED = {
    "GPT-2": GPT2,
    "no biases": Parts(biases=False),
    "RMSNorm": Parts(norm="rms"),
    "SwiGLU": Parts(feed="swiglu"),
    "rotary, base 10,000": Parts(positions="rotary"),
    "rotary, base 100,000": Parts(positions="rotary", base=100_000.0),
    "2 key heads for 4": Parts(key_heads=2),
    "QK-norm": Parts(qk_norm=True),
    "two tables": Parts(tied=False),
    "all five of Llama's": LLAMA,
    "Llama's, and QK-norm": Parts(
        "rms", "swiglu", "rotary", key_heads=2, qk_norm=True, biases=False
    ),
}


@cache
def tokenizer() -> BytePairs:
    """Of the plays, with the first merges of chapter 10's."""
    whole = load("gpt_pieces").tokenizer
    return BytePairs(whole.characters, whole.merges[:MERGES])


@cache
def tokens() -> tuple[Int[Tensor, " N"], Int[Tensor, " M"]]:
    """The plays to learn from, and those held out."""
    read, unread = (torch.tensor(tokenizer().encode(half)) for half in plays.load())
    return read, unread


def model_of(parts: Parts, seed: int) -> Today:
    """As large as GPT-2's, freshly drawn."""
    words = len(tokenizer())
    wanted = parameters(Today(words, layers=LAYERS))
    build = as_large(words, parts, wanted, layers=LAYERS)
    torch.manual_seed(seed)
    return build()


def trained(parts: Parts, seed: int) -> Today:
    """Trained on the plays: every model of a seed reads the same stretches in the same order."""
    model = model_of(parts, seed)
    read, _ = tokens()

    def loss(step: int) -> Tensor:
        starts = torch.randint(len(read) - CONTEXT, (BATCH_SIZE, 1))
        some = read[starts + torch.arange(CONTEXT + 1)]
        return F.cross_entropy(model(some[:, :-1]).mT, some[:, 1:])

    train(model, loss, replace(RECIPE, seed=seed), progress=False)
    return model


@torch.no_grad()
def surprise(model: Today) -> float:
    """Nats per token of the held-out text's first windows."""
    _, unread = tokens()
    windows = unread[: READ * (CONTEXT + 1)].view(READ, CONTEXT + 1)
    losses = [
        F.cross_entropy(model(some[:, :-1]).mT, some[:, 1:], reduction="none")
        for some in windows.split(50)
    ]
    return torch.cat(losses).mean().item()
