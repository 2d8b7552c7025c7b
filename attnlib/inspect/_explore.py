"""All heads of a model on one text: their four scores, and any rows of any map on request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.attended import Attended
from attnlib.inspect._foreign import is_foreign
from attnlib.inspect.head_scores import (
    PerQuery,
    entropy_of,
    on_followers,
    on_previous,
    on_self,
)
from attnlib.inspect.recording import record_attention

SCORES: Mapping[str, PerQuery] = {
    "induction": on_followers,
    "previous token": on_previous,
    "self": on_self,
    "entropy": entropy_of,
}
BLOCK = 256  # rows of a map at once


class Head(NamedTuple):
    """A head by its layer's name and its number, with its score."""

    layer: str
    head: int
    score: float


@dataclass(frozen=True)
class Heads:
    """What `explore` found: the words on both sides, the scores, and the maps behind them.

    - `words`: of the text; `context`: of the text that cross-attention looks at, if there is one.
    - `maps`: each layer's `Attended` by name. `scores`: per score, per layer, one number per head;
      NaN where it has no meaning: in cross-attention all but the entropy, and induction in a text
      where nothing comes twice.

    `course.widgets.head_explorer(heads)` opens them as a live picture.
    """

    words: Sequence[str]
    context: Sequence[str]
    maps: Mapping[str, Attended]
    scores: Mapping[str, Mapping[str, Float[Tensor, " H"]]]

    def rows(self, layer: str, head: int, rows: slice = slice(None)) -> Float[Tensor, "R Tk"]:
        """Some queries' weights in one head: `slice(-1, None)` for the last query alone."""
        return self.maps[layer].rows(rows)[0, head]

    def ranked(self, score: str, *, lowest: bool = False) -> list[Head]:
        """All heads that have the score, the highest first, or the lowest."""
        found = [
            Head(layer, head, value)
            for layer, values in self.scores[score].items()
            for head, value in enumerate(values.tolist())
            if value == value
        ]
        return sorted(found, key=lambda one: one.score, reverse=not lowest)

    def sides(self, layer: str) -> tuple[Sequence[str], Sequence[str]]:
        """The words that look and the words looked at, in one layer."""
        return _sides(layer, self.maps[layer], self.words, self.context)

    def __repr__(self) -> str:
        heads = sum(seen.query.shape[1] for seen in self.maps.values())
        return f"Heads({heads} heads in {len(self.maps)} layers, {len(self.words)} tokens)"


@torch.no_grad()
def explore(
    model: nn.Module,
    tokens: Int[Tensor, "1 T"],
    *,
    context: Int[Tensor, "1 S"] | None = None,
    words: Sequence[str] | None = None,
    context_words: Sequence[str] | None = None,
    run: Callable[[], Any] | None = None,
) -> Heads:
    """Run a model of attnlib or of transformers over one text, and score all its heads.

        heads = explore(model, tokens)
        heads.ranked("induction")[:5]
        heads.rows("layers.3.self_attention", 2, slice(-1, None))

    - `tokens`: (1, T), what the model reads, or in a model with a decoder what that reads.
      `context`: (1, S), what its encoder reads.
    - `words`, `context_words`: how the tokens are written; by default their numbers.
    - `run`: how to call the model, where `model(tokens)` is not it.

    No map is laid as a whole: scores are taken over blocks of rows, so thousands of tokens do. The
    scores are defined in `attnlib.inspect.head_scores`. Raises ValueError for tokens that are not
    one text, and for words that are not one per token.
    """
    _check(tokens, words, "tokens", "words")
    if context is not None:
        _check(context, context_words, "context", "context_words")
    with record_attention(model) as maps:
        (run or _call(model, tokens, context))()
    said = words or list(map(str, tokens[0].tolist()))
    read = [] if context is None else context_words or list(map(str, context[0].tolist()))
    scores: dict[str, dict[str, Tensor]] = {name: {} for name in SCORES}
    for layer, seen in maps.items():
        from_, to = _sides(layer, seen, said, read)
        its = None if from_ is not to else tokens if from_ is said else context
        for name, value in _scored(seen, its).items():
            scores[name][layer] = value
    return Heads(said, read, maps, scores)


def _scored(seen: Attended, tokens: Tensor | None) -> dict[str, Float[Tensor, " H"]]:
    """The four scores of one layer; with no tokens of both sides, NaN but for the entropy."""
    _, heads, length = seen.query.shape[:3]
    kinds = {name: rule for name, rule in SCORES.items() if tokens is not None or name == "entropy"}
    values: dict[str, list[Tensor]] = {name: [] for name in kinds}
    for start in range(0, length, BLOCK):
        rows = seen.rows(slice(start, min(start + BLOCK, length)))
        for name, rule in kinds.items():
            values[name].append(rule(rows, tokens, start)[0])
    nothing = torch.full((heads,), torch.nan)
    return {
        name: torch.cat(values[name], dim=-1).nanmean(dim=-1) if name in kinds else nothing
        for name in SCORES
    }


def _sides(
    layer: str, seen: Attended, words: Sequence[str], context: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]]:
    """Whose words a layer's queries and keys are: by the layer's name, then held to its lengths."""
    path = layer.lower()
    crossing = any(mark in path for mark in ("cross", "encdec", "encoder_attn"))
    encoding = "encoder" in path and "decoder" not in path
    sides = words, words
    if context:
        sides = (words, context) if crossing else (context, context) if encoding else sides
    wanted = seen.query.shape[2], seen.key.shape[2]
    got = len(sides[0]), len(sides[1])
    if wanted != got:
        raise ValueError(
            f"{layer} has {wanted[0]} queries and {wanted[1]} keys, but tokens and context would "
            f"give it {got[0]} and {got[1]}"
        )
    return sides


def _call(model: Any, tokens: Tensor, context: Tensor | None) -> Callable[[], Any]:
    if context is None:
        return lambda: model(tokens)
    if is_foreign(model):
        return lambda: model(input_ids=context, decoder_input_ids=tokens)
    return lambda: model(context, torch.tensor([context.shape[1]]), tokens)


def _check(tokens: Tensor, words: Sequence[str] | None, name: str, words_name: str) -> None:
    if tokens.dim() != 2 or tokens.shape[0] != 1 or tokens.shape[1] == 0:
        raise ValueError(f"{name} must be one text, (1, T); got {tuple(tokens.shape)}")
    if words is not None and len(words) != tokens.shape[1]:
        raise ValueError(f"{words_name} must be one per token, {tokens.shape[1]}; got {len(words)}")
