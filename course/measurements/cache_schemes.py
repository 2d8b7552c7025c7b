"""What a small cache costs in quality: language models that keep less per token, equally large.

    way     kept per token and layer        here, with 4 heads of 16
    MHA     2 · H · D                       128 numbers
    GQA     2 · G · D, G = 2                 64
    MQA     2 · D                            32
    MLA     C + R                            64 or 32

Every model has as many parameters as the first: its feed-forward network grows by what its
attention saves. Each is Llama's block otherwise, trained on the plays, which it reads in pieces.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch.nn import functional as F

from attnlib.heads import LatentAttention
from course.language.today import Parts, Today, parameters
from course.measurements.parts_of_today import tokenizer, tokens
from course.training import Recipe, train

SIZE, HEADS, LAYERS = 64, 4, 3
HEAD_SIZE = SIZE // HEADS
ROTARY_SIZE = 8  # of MLA's key that turns
CONTEXT, BATCH_SIZE = 64, 16
SEEDS = range(5)
RECIPE = Recipe(steps=600, learning_rate=3e-3, warmup=60, optimizer="muon")


@dataclass(frozen=True)
class Way:
    """How a layer keeps its past: so many key heads, or one latent of that size."""

    key_heads: int = HEADS
    latent_size: int | None = None

    @property
    def kept(self) -> int:
        """Numbers per token and layer."""
        if self.latent_size is not None:
            return self.latent_size + ROTARY_SIZE
        return 2 * self.key_heads * HEAD_SIZE


WAYS = {
    "MHA": Way(),
    "GQA, 2 of 4": Way(key_heads=2),
    "MLA, 56 + 8": Way(latent_size=56),
    "MQA": Way(key_heads=1),
    "MLA, 24 + 8": Way(latent_size=24),
}


def built(way: Way, words: int, hidden: int) -> Today:
    """Llama's block, its attention exchanged for the way's."""
    parts = Parts("rms", "swiglu", "rotary", key_heads=way.key_heads, biases=False)
    model = Today(words, parts, size=SIZE, heads=HEADS, layers=LAYERS, hidden=hidden)
    if way.latent_size is not None:
        for block in model.blocks:
            block.attention = LatentAttention(
                SIZE,
                HEADS,
                head_size=HEAD_SIZE,
                latent_size=way.latent_size,
                rotary_size=ROTARY_SIZE,
                pairing="half",
            )
    return model


def as_large_as_the_first(way: Way) -> Callable[[], Today]:
    """What builds the model with as near as possible the parameters of MHA with 8E/3 hidden."""
    words = len(tokenizer())
    with torch.device("meta"):  # counted, not drawn
        wanted = parameters(built(WAYS["MHA"], words, 8 * SIZE // 3))
        two, three = (parameters(built(way, words, hidden)) for hidden in (2, 3))
    return partial(built, way, words, 2 + round((wanted - two) / (three - two)))


def trained(way: Way, seed: int) -> Today:
    """Trained on the plays: every model of a seed reads the same stretches in the same order."""
    build = as_large_as_the_first(way)
    torch.manual_seed(seed)
    model = build()
    read, _ = tokens()
    source = torch.Generator().manual_seed(seed)

    def loss(step: int) -> torch.Tensor:
        starts = torch.randint(len(read) - CONTEXT, (BATCH_SIZE, 1), generator=source)
        some = read[starts + torch.arange(CONTEXT + 1)]
        return F.cross_entropy(model(some[:, :-1]).mT, some[:, 1:])

    train(model, loss, replace(RECIPE, seed=seed), progress=False)
    return model
