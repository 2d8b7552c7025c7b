"""A GPT and its tokenizer: how surprised it is by a text, and how it writes on.

writer = load("gpt_characters")
print(writer.write("ROMEO\\n", 200, temperature=0.8, seed=0))
"""

import math
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from attnlib.checks import check_at_least
from attnlib.models.generation.sampling import distribution, draw
from attnlib.models.gpt import GPT
from course import checkpoints
from course.data.byte_pair import BytePairs

BATCH = 32  # windows read at once


class Writer:
    """A language model that reads and writes text. `context`: how many tokens it looks back on."""

    def __init__(self, model: GPT, tokenizer: BytePairs, context: int) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.context = context

    def tokens(self, text: str) -> Int[Tensor, "1 T"]:
        """The text as a batch of one. Raises ValueError for no text, or an unknown character."""
        if not text:
            raise ValueError("text must have at least one character, got none")
        return torch.tensor([self.tokenizer.encode(text)])

    @torch.no_grad()
    def surprise(self, text: str) -> float:
        """Nats the model needs for the text, all in all: the sum of −ln p(next | before).

        The text is read in windows of `context` tokens; the first token of all is given. Divide by
        len(text) for nats per character, which compares models of different tokens.
        """
        tokens = self.tokens(text)[0]
        whole = (len(tokens) - 1) // self.context * self.context
        total = 0.0
        windows = (
            tokens[:whole].view(-1, self.context),
            tokens[1 : whole + 1].view(-1, self.context),
        )
        for read, following in zip(*(half.split(BATCH) for half in windows), strict=True):
            total += self._surprise(read, following)
        if whole < len(tokens) - 1:
            total += self._surprise(tokens[None, whole:-1], tokens[None, whole + 1 :])
        return total

    def _surprise(self, read: Int[Tensor, "B T"], following: Int[Tensor, "B T"]) -> float:
        logits = self.model(read).flatten(0, 1)
        return F.cross_entropy(logits, following.flatten(), reduction="sum").item()

    @torch.no_grad()
    def next(self, text: str) -> Float[Tensor, " V"]:
        """Logits of the token that follows the text, of which the last `context` tokens count."""
        return self.model(self.tokens(text)[:, -self.context :])[0, -1]

    @torch.no_grad()
    def write(
        self,
        prompt: str,
        length: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> str:
        """The prompt and `length` more tokens, each drawn from its `distribution`.

        Keys and values are kept. When the context is full, the model reads the newer half anew.
        Raises TypeError or ValueError unless `length` is a whole number of at least 0.
        """
        check_at_least(0, "length", length)
        chances = torch.rand(length, generator=torch.Generator().manual_seed(seed))
        written = self.tokens(prompt)
        caches, unread = self.model.caches(), written[:, -self.context :]
        for chance in chances:
            if caches[0].length + unread.shape[1] > self.context:
                caches, unread = self.model.caches(), written[:, -(self.context // 2) :]
            logits = self.model(unread, caches=caches)[:, -1]
            chosen = distribution(logits, temperature=temperature, top_k=top_k, top_p=top_p)
            unread = draw(chosen, chance[None])[:, None]
            written = torch.cat((written, unread), dim=1)
        return self.tokenizer.decode(written[0].tolist())


def perplexity(nats: float) -> float:
    """exp(nats): among how many equally likely choices the model is as unsure."""
    return math.exp(nats)


def load(name: str, folder: Path = checkpoints.CHECKPOINTS) -> Writer:
    """The trained writer `name`, gpt_characters or gpt_pieces.

    Raises ValueError when there is no such checkpoint, or it does not fit its json.
    """
    told = checkpoints.details(name, folder)
    tokenizer = BytePairs(told["characters"], told["merges"])
    model = checkpoints.read(name, GPT(len(tokenizer), **told["sizes"]), folder)
    return Writer(model, tokenizer, told["context"])
