"""A translator: a model with its two vocabularies, which it reads and writes word by word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from attnlib import Attend
from attnlib.inspect.recording import AttentionMaps, record_attention
from attnlib.models.rnn_seq2seq import RecurrentTranslator
from attnlib.models.transformer import Transformer
from course.data.translation import Pair, detokenize_target, tokenize_source
from course.data.vocabulary import BOS, EOS, PAD, Vocabulary, check_words_only

Words = Sequence[str]


class Batch(NamedTuple):
    """Sentences as numbers, filled up with `<pad>`; the target runs from `<bos>` to `<eos>`.

    `lengths` of the sources; None when all are equally long and nothing is filled up.
    """

    source: Int[Tensor, "B S"]
    lengths: Int[Tensor, " B"] | None
    target: Int[Tensor, "B T+1"]


@dataclass(frozen=True)
class Translation:
    """`target`, and where each of its words looked when it was predicted.

    `weights["decoder.1.cross_attention"]` is (H, T, S): row i is the step that predicts word i.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: dict[str, Float[Tensor, "H T S"]]

    def __str__(self) -> str:
        return detokenize_target(self.target)


@dataclass(frozen=True, eq=False)
class Translator:
    """`model` with the words it knows."""

    model: Transformer | RecurrentTranslator
    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary

    def __call__(self, text: str) -> Translation:
        """Translate one English sentence. Raises ValueError naming words it does not know."""
        return self.translate([tokenize_source(text)])[0]

    def translate(self, sentences: Sequence[Words], *, batch_size: int = 128) -> list[Translation]:
        """Translate, always taking the likeliest next word, and say where the model looked."""
        translations = []
        for some in chunks(sentences, batch_size):
            targets = self.greedy(some)
            weights = self.cross_weights(some, targets)
            translations += [
                Translation(tuple(source), tuple(target), maps)
                for source, target, maps in zip(some, targets, weights, strict=True)
            ]
        return translations

    @torch.no_grad()
    def greedy(self, sentences: Sequence[Words]) -> list[list[str]]:
        """The likeliest next word, again and again until `<eos>` or 2S + 10 words."""
        self.model.eval()
        source, lengths, _ = self.batch(sentences)
        memory: Any = self.model.encode(source, lengths)
        state: Any = None
        word = torch.full_like(source[:, 0], BOS)
        ended = torch.zeros_like(word, dtype=torch.bool)
        columns = []
        for _ in range(2 * source.shape[1] + 10):
            logits, state = self.model.step(word, memory, state)
            word = logits.argmax(dim=-1)
            ended |= word == EOS
            columns.append(word.masked_fill(ended, PAD))
            if ended.all():
                break
        rows = torch.stack(columns, dim=1).tolist()
        return [self.target_vocabulary.decode(word for word in row if word != PAD) for row in rows]

    @torch.no_grad()
    def cross_weights(
        self, sources: Sequence[Words], targets: Sequence[Words]
    ) -> list[dict[str, Float[Tensor, "H T S"]]]:
        """Each decoder layer's weights on the source while the model is told to write `targets`.

        A model without attention has none: empty dicts.
        """
        self.model.eval()
        if not any(isinstance(module, Attend) for module in self.model.modules()):
            return [{} for _ in sources]
        source, lengths, target = self.batch(sources, targets)
        with record_attention(self.model) as maps:
            self.model(source, lengths, target[:, :-1])
        layers = {name: _all_rows(maps, name) for name in maps if name.endswith("cross_attention")}
        return [
            {
                name: rows[i, :, : len(targets[i]), : len(sources[i])]
                for name, rows in layers.items()
            }
            for i in range(len(sources))
        ]

    def batch(self, sources: Sequence[Words], targets: Sequence[Words] | None = None) -> Batch:
        """The sentences as numbers, on the model's device.

        Raises ValueError for a source without words, and for marks such as `<eos>` in its place.
        """
        for words in sources:
            if not words:
                raise ValueError("sources has a sentence without a word")
            check_words_only("sources", words)
        device = next(self.model.parameters()).device
        targets = [()] * len(sources) if targets is None else targets
        lengths = torch.tensor([len(words) for words in sources], device=device)
        source = [torch.tensor(self.source_vocabulary.encode(words)) for words in sources]
        target = [
            torch.tensor([BOS, *self.target_vocabulary.encode(words), EOS]) for words in targets
        ]
        return Batch(
            pad_sequence(source, batch_first=True, padding_value=PAD).to(device),
            None if len(set(lengths.tolist())) == 1 else lengths,
            pad_sequence(target, batch_first=True, padding_value=PAD).to(device),
        )

    def loss(self, pairs: Sequence[Pair], *, label_smoothing: float = 0.0) -> Float[Tensor, ""]:
        """Cross-entropy of the next word in nats, the true ones before it given (teacher forcing).

        Smoothing ε asks for probability 1 − ε on the right word and spreads ε evenly (section 5.4).
        """
        source, lengths, target = self.batch(
            [pair.source for pair in pairs], [pair.target for pair in pairs]
        )
        logits = self.model(source, lengths, target[:, :-1])
        return F.cross_entropy(
            logits.flatten(0, 1),
            target[:, 1:].flatten(),
            ignore_index=PAD,
            label_smoothing=label_smoothing,
        )


def chunks(things: Sequence[Words], size: int) -> Iterator[Sequence[Words]]:
    """`size` of them at a time."""
    return (things[first : first + size] for first in range(0, len(things), size))


def _all_rows(maps: AttentionMaps, name: str) -> Float[Tensor, "B H T S"]:
    """All target words' weights, whether the layer computed them at once or word by word."""
    return torch.cat([seen.weights for seen in maps.calls[name]], dim=2)
