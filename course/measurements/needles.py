"""Needles: a few facts in a long text of filler, and who still finds them (chapter 16).

    . , . a 7 , . . c 2 , …  . , | c → 2   a → 7

Trained on texts of 64 tokens and tested on texts eight times as long, which hold as many facts and
more filler. A fact is two tokens, a key and its value: so one layer has to show the value its key,
and the next one to look the key up. The networks differ in nothing but how these two layers attend.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib import attention
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import BigBird, Causal, Mask, Window
from attnlib.positions import angles, frequencies, turn
from attnlib.sparse import lightning, mixture_of_blocks
from course.measurements.needle_layers import LAYERS
from course.training.loop import train
from course.training.recipe import Recipe

KEYS, VALUES, FILLER = 16, 16, 16  # kinds of each
FACTS = 8  # in every text, however long
TRAINED = 64  # tokens of a text in training
SIZE, HEADS, HIDDEN = 64, 2, 128
HEAD_SIZE = SIZE // HEADS
BATCH, RATE, WARM_UP = 16, 4e-3, 40
STEPS = 200
HELD_OUT, TEXTS, AT_ONCE = 1_000_000_000, 32, 16  # a seed far from those of the steps
NEAR = 4  # the width of a local layer

TURNED = {"RoPE", "near"}  # the other layers have no positions


def write(
    texts: int, length: int, seed: int
) -> tuple[Int[Tensor, "B T"], Int[Tensor, "B facts"], Int[Tensor, "B facts"]]:
    """Texts that tell eight facts at random places and then ask for each; answers; the places."""
    source = torch.Generator().manual_seed(seed)
    told = length - FACTS
    tokens = KEYS + VALUES + torch.randint(FILLER, (texts, told), generator=source)
    keys = torch.rand(texts, KEYS, generator=source).argsort(dim=1)[:, :FACTS]
    values = torch.randint(VALUES, (texts, FACTS), generator=source)
    places = 2 * torch.rand(texts, told // 2, generator=source).argsort(dim=1)[:, :FACTS]
    tokens = tokens.scatter(1, places, keys).scatter(1, places + 1, KEYS + values)
    return torch.cat((tokens, keys), dim=1), values, places


class Mixer(nn.Module):
    """Two heads that mix tokens as their `kind` says.

    `turns` and `scale` may be changed after training: that is how positions are scaled.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.turns = frequencies(HEAD_SIZE) if kind in TURNED else None
        self.scale: float | None = None
        self.project = nn.Linear(SIZE, 3 * SIZE, bias=False)
        self.out = nn.Linear(SIZE, SIZE, bias=False)
        self.indexer = (
            lightning.LightningIndexer(SIZE, 2, head_size=16, count=16)
            if kind == "indexer"
            else None
        )
        self.lesson: Tensor | float = 0.0

    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        query, key, value = self.heads(x)
        mask = self.mask(query, key)
        if self.indexer is not None and not self.training:
            mask = self.indexer(x)
        seen = attention(query, key, value, mask=mask, scale=self.scale)
        if self.indexer is not None and self.training:  # it learns what full attention looks at
            guessed = self.indexer.scores(x.detach())
            self.lesson = lightning.indexer_loss(guessed, seen.weights, mask=mask) / x.shape[1]
        return self.out(merge_heads(seen.output))

    def heads(self, x: Float[Tensor, "B T E"]) -> list[Float[Tensor, "B H T D"]]:
        """Queries, keys and values; the first two turned by their places."""
        query, key, value = split_heads(self.project(x), 3 * HEADS).chunk(3, dim=1)
        places = torch.arange(x.shape[1])
        if self.turns is not None:
            by = angles(places, self.turns)
            query, key = (turn(states, by, pairing="half") for states in (query, key))
        return [query, key, value]

    def mask(self, query: Tensor, key: Tensor) -> Mask:
        """Who may look at whom; for MoBA that is chosen by what the tokens hold."""
        if self.kind == "MoBA":
            return mixture_of_blocks.select(query, key, block=8, count=4)
        if self.kind == "BigBird":
            return Causal() & BigBird(8, random=1)
        return Causal() & Window(NEAR) if self.kind == "near" else Causal()


class Finder(nn.Module):
    """Two layers, a mixer of the given kind and a small network each, and logits of the values."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__()
        self.token = nn.Embedding(KEYS + VALUES + FILLER, SIZE)
        self.mixers = nn.ModuleList(
            LAYERS[kind]() if kind in LAYERS else Mixer(kind) for kind in kinds
        )
        self.networks = nn.ModuleList(
            nn.Sequential(
                nn.RMSNorm(SIZE), nn.Linear(SIZE, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, SIZE)
            )
            for _ in kinds
        )
        self.norms = nn.ModuleList(nn.RMSNorm(SIZE) for _ in kinds)
        self.say = nn.Sequential(nn.RMSNorm(SIZE), nn.Linear(SIZE, VALUES))

    def forward(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        x = self.token(tokens)
        for norm, mixer, network in zip(self.norms, self.mixers, self.networks, strict=True):
            x = x + mixer(norm(x))
            x = x + network(x)
        logits: Tensor = self.say(x)
        return logits


def trained(kinds: Sequence[str], *, seed: int, steps: int = STEPS, batch: int = BATCH) -> Finder:
    """A network trained on texts that never repeat, of 64 tokens each."""
    torch.manual_seed(seed)
    model = Finder(kinds)
    recipe = Recipe(steps=steps, learning_rate=RATE, warmup=WARM_UP, seed=seed)

    def loss(step: int) -> Tensor:
        tokens, values, _ = write(batch, TRAINED, recipe.seed_of(step))
        missed = F.cross_entropy(model(tokens)[:, -FACTS:].mT, values)
        lessons = (getattr(mixer, "lesson", 0.0) for mixer in model.mixers)
        return missed + sum(lessons)

    train(model, loss, recipe, progress=False)
    return model


def rescale(model: Finder, turns: Float[Tensor, " R/2"], scale: float | None) -> None:
    """Let a trained network turn its queries and keys by these frequencies, with this scale."""
    for mixer in model.mixers:
        assert isinstance(mixer, Mixer)
        mixer.turns, mixer.scale = turns, scale


@torch.no_grad()
def found(
    model: Finder, length: int, texts: int = TEXTS
) -> tuple[Int[Tensor, "B facts"], Int[Tensor, "B facts"]]:
    """1 where the answer to a question in a held-out text is right; and where its fact stands."""
    tokens, values, places = write(texts, length, HELD_OUT)
    said = torch.cat([model(some)[:, -FACTS:].argmax(dim=-1) for some in tokens.split(AT_ONCE)])
    return (said == values).long(), places


def by_place(
    hits: Int[Tensor, "B facts"], places: Int[Tensor, "B facts"], length: int, parts: int
) -> Float[Tensor, " parts"]:
    """The share of needles found, by the part of the text in which they stand."""
    part = (places * parts // (length - FACTS)).flatten()
    sums = torch.zeros(parts, dtype=torch.float64).scatter_add(0, part, hits.flatten().double())
    return sums / part.bincount(minlength=parts)


def by_company(
    hits: Int[Tensor, "B facts"], places: Int[Tensor, "B facts"], block: int
) -> list[float]:
    """The share of needles found that have a block of the text to themselves; and of the others."""
    blocks = places // block
    alone = (blocks[:, :, None] == blocks[:, None]).sum(dim=-1) == 1
    return [hits[which].double().mean().item() for which in (alone, ~alone)]
