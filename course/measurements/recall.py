"""Recall: pairs of a key and a value are told, then keys are asked for (chapter 17).

    a 7  c 2  b 5  |  b → 5   a → 7   c → 2

Multi-query associative recall (Arora et al., 2023), one token after the other. The networks differ
in one thing only, the rule by which a layer mixes tokens. As in many models with such layers, a
short convolution shows query, key and value the token before as well.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib import attention
from attnlib.linear import delta, gated_delta, gated_linear, linear_attention, retention
from attnlib.masks import Causal
from course.training.loop import train
from course.training.recipe import Recipe

KEYS, VALUES = 64, 32  # kinds of each
MODEL_SIZE = 64
BATCH, RATE, WARM_UP = 32, 4e-3, 80
PAIRS = (4, 8, 16, 32)
HELD_OUT, TEXTS = 1_000_000_000, 500  # a seed far from those of the steps
CHUNK = 32
FADING = 1 / 16  # of ALiBi: what a score loses per token of distance
OPEN = 4.0  # σ(4): at first 0.98 of the state is kept per token


def write(
    texts: int, pairs: int, seed: int, told: int = 1
) -> tuple[Int[Tensor, "B T"], Int[Tensor, "B asked"]]:
    """Texts that tell so many pairs, two tokens each, then ask every key; and the answers.

    A key is told `told` times, each time with a value drawn anew: the last one counts. Keys are
    the tokens 0 … KEYS − 1, values those that follow.
    """
    source = torch.Generator().manual_seed(seed)
    kinds = torch.rand(texts, KEYS, generator=source).argsort(dim=1)[:, : pairs // told]
    order = torch.rand(texts, pairs, generator=source).argsort(dim=1)
    keys = kinds.repeat(1, told).gather(1, order)
    values = torch.randint(VALUES, (texts, pairs), generator=source)
    asked = kinds.gather(1, torch.rand(kinds.shape, generator=source).argsort(dim=1))
    places = torch.arange(pairs) * (asked[:, :, None] == keys[:, None])
    last = places.argmax(dim=-1)  # where the key asked for is told last
    tokens = torch.stack((keys, KEYS + values), dim=-1).flatten(1)
    return torch.cat((tokens, asked), dim=1), values.gather(1, last)


class Mixer(nn.Module):
    """One head that mixes tokens by a rule; keys and values of size D, so a state of D × D."""

    def __init__(self, rule: str, size: int) -> None:
        super().__init__()
        self.rule, self.size = rule, size
        self.project = nn.Linear(MODEL_SIZE, 3 * size, bias=False)
        self.convolve = nn.Conv1d(3 * size, 3 * size, kernel_size=2, groups=3 * size, bias=False)
        self.gates = nn.Linear(MODEL_SIZE, 1 + size)
        self.out = nn.Linear(size, MODEL_SIZE, bias=False)

    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        mixed = self.convolve(F.pad(self.project(x).mT, (1, 0))).mT
        query, key, value = mixed.unsqueeze(1).chunk(3, dim=-1)  # (B, 1, T, D)
        gates = self.gates(x).unsqueeze(1)
        write, log_decay = gates[..., :1].sigmoid(), F.logsigmoid(gates[..., 1:] + OPEN)
        return self.out(self.mix(query, key, value, write, log_decay)[:, 0])

    def mix(self, q: Tensor, k: Tensor, v: Tensor, write: Tensor, log_decay: Tensor) -> Tensor:
        if self.rule == "softmax":
            return attention(q, k, v, mask=Causal()).output
        if self.rule == "softmax, ALiBi":
            place = torch.arange(q.shape[2])
            bias = -FADING * (place[:, None] - place).abs()
            return attention(q, k, v, mask=Causal(), bias=bias[None, None]).output
        if self.rule == "φ = elu + 1":
            return linear_attention.chunked(q, k, v, chunk=CHUNK)[0]
        q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
        if self.rule == "sum":
            return retention.parallel(q, k, v, torch.ones(1))[0]
        if self.rule == "gates":
            return gated_linear.chunked(q, k, v, log_decay, chunk=CHUNK)[0]
        if self.rule == "delta":
            return delta.chunked(q, k, v, write, chunk=CHUNK)[0]
        return gated_delta.chunked(q, k, v, log_decay[..., :1], write, chunk=CHUNK)[0]


class Recaller(nn.Module):
    """Embeddings, a mixer per rule on a residual stream, and the logits of the values."""

    def __init__(self, rules: tuple[str, ...], size: int) -> None:
        super().__init__()
        self.token = nn.Embedding(KEYS + VALUES, MODEL_SIZE)
        self.mixers = nn.ModuleList(Mixer(rule, size) for rule in rules)
        self.norms = nn.ModuleList(nn.RMSNorm(MODEL_SIZE) for _ in rules)
        self.say = nn.Sequential(nn.RMSNorm(MODEL_SIZE), nn.Linear(MODEL_SIZE, VALUES))

    def forward(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        x = self.token(tokens)
        for norm, mixer in zip(self.norms, self.mixers, strict=True):
            x = x + mixer(norm(x))
        logits: Tensor = self.say(x)
        return logits


def trained(rules: tuple[str, ...], size: int, *, seed: int, steps: int, told: int = 1) -> Recaller:
    """A network trained on texts that never repeat, of 4, 8, 16 and 32 pairs in turn."""
    torch.manual_seed(seed)
    model = Recaller(rules, size)
    recipe = Recipe(steps=steps, learning_rate=RATE, warmup=WARM_UP, seed=seed)

    def loss(step: int) -> Tensor:
        pairs = PAIRS[step % len(PAIRS)]
        tokens, answers = write(BATCH, pairs, recipe.seed_of(step), told)
        logits = model(tokens)[:, -answers.shape[1] :]
        return F.cross_entropy(logits.flatten(0, 1), answers.flatten())

    train(model, loss, recipe, progress=False)
    return model


@torch.no_grad()
def right(model: Recaller, pairs: int, told: int = 1) -> float:
    """The share of keys asked in held-out texts that is answered right."""
    tokens, answers = write(TEXTS, pairs, HELD_OUT, told)
    said = model(tokens)[:, -answers.shape[1] :].argmax(dim=-1)
    return (said == answers).double().mean().item()
