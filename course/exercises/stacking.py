"""Chapter 09, the reader's own layers in a small Transformer, trained to write words backwards."""

from collections.abc import Callable, Iterator
from statistics import fmean
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from attnlib.heads import MultiHeadAttention
from attnlib.positions import sinusoidal
from course.exercises.building_mistakes import DECODER_LAYER, ENCODER_LAYER

PAD, START, LETTERS = 0, 1, 10
SHORTEST, LONGEST = 3, 8
SIZE, HEADS, HIDDEN, LAYERS = 48, 4, 96, 2
STEPS, RATE, WARMUP, BATCH_SIZE = 450, 3e-3, 100, 64
ENOUGH = 0.1  # nats per letter; guessing gives 2.3


class Attention(nn.Module):
    """Multi-head attention whose third argument is the mask, as in the chapter."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = MultiHeadAttention(SIZE, HEADS)

    def forward(self, x: Tensor, context: Tensor, allowed: Tensor | None = None) -> Tensor:
        found: Tensor = self.heads(x, context, mask=allowed)
        return found


class Parts(nn.Module):
    """The untrained parts of one layer, under the names that the exercise gives them."""

    def __init__(self) -> None:
        super().__init__()
        self.self_attention, self.cross_attention = Attention(), Attention()
        self.feed_forward = nn.Sequential(
            nn.Linear(SIZE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, SIZE)
        )
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(SIZE) for _ in range(3))


class Stack(nn.Module):
    """A Transformer whose layers the reader wrote."""

    def __init__(
        self, encoder_layer: Callable[..., Tensor], decoder_layer: Callable[..., Tensor]
    ) -> None:
        super().__init__()
        self.encoder_layer, self.decoder_layer = encoder_layer, decoder_layer
        self.table = nn.Parameter(torch.randn(2 + LETTERS, SIZE) / SIZE**0.5)
        self.encoder = nn.ModuleList(Parts() for _ in range(LAYERS))
        self.decoder = nn.ModuleList(Parts() for _ in range(LAYERS))

    def forward(
        self, source: Int[Tensor, "B S"], target: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T V"]:
        allowed: Bool[Tensor, "B 1 1 S"] = (source != PAD)[:, None, None]
        memory, x = self.embed(source), self.embed(target)
        for layer in self.encoder:
            memory = self.encoder_layer(layer, memory, allowed)
        for layer in self.decoder:
            x = self.decoder_layer(layer, x, memory, allowed)
        return x @ self.table.T

    def embed(self, words: Int[Tensor, "B T"]) -> Float[Tensor, "B T E"]:
        return self.table[words] * SIZE**0.5 + sinusoidal(words.shape[1], SIZE)

    @torch.no_grad()
    def write(self, source: Int[Tensor, "B S"]) -> Int[Tensor, "B S"]:
        """Letter by letter, each time the likeliest."""
        written = torch.full_like(source[:, :1], START)
        for _ in range(source.shape[1]):
            following = self(source, written)[:, -1].argmax(dim=-1)
            written = torch.cat((written, following[:, None]), dim=1)
        return written[:, 1:]


def words(count: int, seed: int) -> tuple[Int[Tensor, "B S"], Int[Tensor, "B S"]]:
    """Random words of unequal length, filled up with PAD; and the same backwards."""
    draw = torch.Generator().manual_seed(seed)
    letters = torch.randint(LETTERS, (count, LONGEST), generator=draw) + 2
    lengths = torch.randint(SHORTEST, LONGEST + 1, (count, 1), generator=draw)
    places = torch.arange(LONGEST)
    inside = places < lengths
    back = letters.gather(1, (lengths - 1 - places).clamp(min=0))
    return letters.where(inside, PAD), back.where(inside, PAD)


def train_stack(encoder_layer: Any, decoder_layer: Any) -> None:
    """Train a stack of the reader's layers; print its loss, and a word that it writes backwards."""
    for exercise, layer in ((ENCODER_LAYER, encoder_layer), (DECODER_LAYER, decoder_layer)):
        if (fault := exercise.find_fault(layer)) is not None:
            print(f"Nothing to train yet. {exercise.solution.__name__}: {fault}")
            return
    torch.manual_seed(0)
    stack = Stack(encoder_layer, decoder_layer)
    told = []
    for loss in losses(stack):
        told.append(loss)
        if len(told) % 100 == 0:
            print(f"step {len(told)}   loss {loss:.2f}")
    source, target = words(200, seed=-1)
    shown = target != PAD
    right = ((stack.write(source) == target) | ~shown).all(dim=1).double().mean()
    print(f"{right:.0%} of 200 new words are written backwards without a fault.")
    low = fmean(told[-20:]) < ENOUGH
    print("Your Transformer works." if low else f"The loss should fall below {ENOUGH}.")


def losses(stack: Stack, steps: int = STEPS) -> Iterator[float]:
    """Train, and tell the loss of every step."""
    optimizer = torch.optim.Adam(stack.parameters(), betas=(0.9, 0.98))
    for step in range(steps):
        rise, fall = (step + 1) / WARMUP, (steps - step) / (steps - WARMUP)
        optimizer.param_groups[0]["lr"] = RATE * min(rise, fall)
        source, target = words(BATCH_SIZE, seed=step)
        start = torch.full_like(target[:, :1], START)
        logits = stack(source, torch.cat((start, target[:, :-1]), dim=1))
        loss = F.cross_entropy(logits.mT, target, ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()
