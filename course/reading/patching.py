"""Which head of SmolLM2 carries the country from "The capital of France is" to the answer?

Two prompts that differ in the country give two answers. One head at a time gets its states of the
clean prompt while the model reads the other: how far does the answer come back?
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.inspect import head_counts, heads_patched, record_attention, record_heads
from attnlib.models.llama import Llama
from course.data.byte_level import ByteLevelPairs

PROMPT = "The capital of {} is"
COUNTRY = 3  # its place in the prompt
PAIRS = (
    (("France", "Paris"), ("Italy", "Rome")),
    (("Spain", "Madrid"), ("Germany", "Berlin")),
    (("Japan", "Tokyo"), ("China", "Beijing")),
    (("Russia", "Moscow"), ("Egypt", "Cairo")),
    (("England", "London"), ("Poland", "Warsaw")),
)

Country = tuple[str, str]


class Brought(NamedTuple):
    """Per head: the share of the difference that it brings back, and its weight on the country.

    `gaps`: how far the clean capital is above the other one, after the clean prompt and the other.
    """

    shares: Float[Tensor, "N H"]
    weights: Float[Tensor, "N H"]
    gaps: tuple[float, float]


@torch.no_grad()
def brought_back(
    model: Llama, tokenizer: ByteLevelPairs, clean: Country, other: Country
) -> Brought:
    """(gap with the head patched − gap of the other) / (gap of the clean − gap of the other)."""
    capitals = [_one(tokenizer, f" {capital}") for _, capital in (clean, other)]
    prompts = [torch.tensor([tokenizer.encode(PROMPT.format(name))]) for name, _ in (clean, other)]

    def gap(tokens: Int[Tensor, "B T"]) -> Float[Tensor, " B"]:
        logits = model(tokens, last=1)[:, -1]
        return logits[:, capitals[0]] - logits[:, capitals[1]]

    with record_heads(model) as states, record_attention(model) as maps:
        whole = gap(prompts[0])
    with record_heads(model) as own:
        none = gap(prompts[1])
    shares = []
    for layer, count in head_counts(model).items():  # one pass per layer: row h has head h patched
        rows = own[layer].expand(count, -1, -1, -1).clone()
        for head in range(count):
            rows[head, head] = states[layer][0, head]
        with heads_patched(model, {layer: dict(enumerate(rows.unbind(1)))}):
            shares.append((gap(prompts[1].expand(count, -1)) - none) / (whole - none))
    weights = torch.stack([seen.rows(slice(-1, None))[0, :, 0, COUNTRY] for seen in maps.values()])
    return Brought(torch.stack(shares), weights, (whole.item(), none.item()))


def _one(tokenizer: ByteLevelPairs, word: str) -> int:
    numbers = tokenizer.encode(word)
    if len(numbers) != 1:
        raise ValueError(f"word must be one token, but {word!r} is {len(numbers)}")
    return numbers[0]
