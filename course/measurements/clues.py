"""A text is judged by one word in it, and the judge's map is asked which: chapter 19.

    text     3 9 0 7 4 8        0 stands for yes, 1 for no; the other words mean nothing
    answer   yes

The clue is known, so every way of reading a map can be held to it. A judge may be trained to look
away as well: the weight on the clue is added to the loss (Pruthi et al., 2020).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from attnlib.attend import Attend
from attnlib.heads import MultiHeadAttention
from attnlib.inspect import gradient_attention, norm_weights, record_attention, rollout

WORDS, LENGTH, TEXTS, SIZE = 30, 10, 500, 32
BATCH, STEPS, PENALTY = 64, 400, 1.0


class Judge(nn.Module):
    """Yes or no from a weighted mean of the words: output(Σⱼ wⱼ vⱼ), w from one learned query.

    With `mixing` a layer of self-attention comes first, so that a word's state may hold another's.
    """

    def __init__(self, *, mixing: bool) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, SIZE)
        self.mixing = MultiHeadAttention(SIZE, heads=2) if mixing else None
        self.query = nn.Parameter(torch.zeros(1, 1, 1, SIZE))
        self.key, self.value = nn.Linear(SIZE, SIZE), nn.Linear(SIZE, SIZE)
        self.attend = Attend()
        self.output = nn.Linear(SIZE, 2)

    def forward(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B 2"]:
        return self.judged(self.words(tokens))

    def judged(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B 2"]:
        if self.mixing is not None:
            x = x + self.mixing(x)
        query = self.query.expand(len(x), -1, -1, -1)
        seen = self.attend(query, self.key(x)[:, None], self.value(x)[:, None])
        return self.output(seen.output[:, 0, 0])


def write(texts: int, *, seed: int) -> tuple[Int[Tensor, "B T"], Int[Tensor, " B"], Tensor]:
    """Texts, their answers, and the places of their clues."""
    source = torch.Generator().manual_seed(seed)
    tokens = torch.randint(2, WORDS, (texts, LENGTH), generator=source)
    answers = torch.randint(2, (texts,), generator=source)
    places = torch.randint(LENGTH, (texts,), generator=source)
    tokens[torch.arange(texts), places] = answers
    return tokens, answers, places


def trained(*, mixing: bool, away: bool, seed: int, steps: int = STEPS) -> Judge:
    """A judge after so many steps; `away` adds −log(1 − weight on the clue) to its loss."""
    torch.manual_seed(seed)
    judge = Judge(mixing=mixing)
    optimizer = torch.optim.Adam(judge.parameters(), lr=3e-3)
    for step in range(steps):
        tokens, answers, places = write(BATCH, seed=1000 * (seed + 1) + step)
        with record_attention(judge) as maps:
            loss = F.cross_entropy(judge(tokens), answers)
            on_clue = maps[""].weights[:, 0, 0].gather(1, places[:, None])
        if away:
            loss = loss - PENALTY * torch.log1p(-on_clue.clamp(max=0.999)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return judge.eval()


def right(judge: Judge, *, without_clue: bool = False, seed: int = 0) -> float:
    """The share of right answers; `without_clue`, with a word that means nothing in its place."""
    tokens, answers, places = write(TEXTS, seed=seed)
    if without_clue:
        tokens[torch.arange(TEXTS), places] = 2
    with torch.no_grad():
        return float((judge(tokens).argmax(dim=-1) == answers).float().mean())


def on_clue(judge: Judge, *, seed: int = 0) -> float:
    """The mean weight that the map gives to the clue."""
    tokens, _, places = write(TEXTS, seed=seed)
    return float(by_map(judge, tokens).gather(1, places[:, None]).mean())


def by_map(judge: Judge, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    """What each word gets in the last map: its weight."""
    with record_attention(judge) as maps, torch.no_grad():
        judge(tokens)
        return maps[""].weights[:, 0, 0]


def by_value_norms(judge: Judge, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    """Weight × the length of what the word's value adds to the two logits."""
    with record_attention(judge) as maps, torch.no_grad():
        judge(tokens)
        return norm_weights(maps[""], judge.output.weight)[:, 0, 0]


def by_rollout(judge: Judge, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    """The last map after the maps before it, residual included."""
    with record_attention(judge) as maps, torch.no_grad():
        judge(tokens)
        last = maps[""].weights[:, 0]
        if judge.mixing is not None:
            last = last @ rollout([maps["mixing"].weights])
    return last[:, 0]


def by_gradient_attention(judge: Judge, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    """Weight × gradient of the answer in the last map."""
    with record_attention(judge) as maps:
        logits = judge(tokens)
    answer = _margin(logits).sum()  # the texts of a batch know nothing of one another
    return gradient_attention(answer, maps)[""][:, 0, 0]


def by_gradient_input(judge: Judge, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    """Each word's vector · the gradient of the answer with respect to it."""
    vectors = judge.words(tokens).detach().requires_grad_()
    _margin(judge.judged(vectors)).sum().backward()
    assert vectors.grad is not None
    return (vectors * vectors.grad).sum(dim=-1).detach()


def by_leaving_out(judge: Judge, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T"]:
    """How much the answer loses when another word, that means nothing, stands in the place."""
    with torch.no_grad():
        logits = judge(tokens)
        chosen = logits.argmax(dim=-1, keepdim=True)
        losses = []
        for place in range(tokens.shape[1]):
            changed = tokens.clone()
            changed[:, place] = 2
            losses.append(_margin(logits, chosen) - _margin(judge(changed), chosen))
    return torch.stack(losses, dim=1)


READINGS: dict[str, Callable[[Judge, Tensor], Tensor]] = {
    "the map": by_map,
    "weight × value norm": by_value_norms,
    "rollout": by_rollout,
    "gradient × attention": by_gradient_attention,
    "gradient × input": by_gradient_input,
    "word left out": by_leaving_out,
}


def found(judge: Judge, reading: str, *, seed: int = 0) -> float:
    """The share of texts where the word that a reading puts first is the clue."""
    tokens, _, places = write(TEXTS, seed=seed)
    return float((READINGS[reading](judge, tokens).argmax(dim=-1) == places).float().mean())


def _margin(logits: Float[Tensor, "B 2"], chosen: Tensor | None = None) -> Float[Tensor, " B"]:
    """How far the answer, or the `chosen` one, is above the other."""
    chosen = logits.argmax(dim=-1, keepdim=True) if chosen is None else chosen
    return (2 * logits.gather(1, chosen)[:, 0]) - logits.sum(dim=-1)
