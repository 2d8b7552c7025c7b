"""What a small cache costs the translator: decoders that keep less per word, equally large.

    way     kept per layer and word        here, with 4 heads of 16
    MHA     2 · H · D                       128 numbers
    GQA     2 · G · D, G = 2                 64
    MQA     2 · D                            32
    MLA     C                                64 or 32

Exchanged are the decoder's self-attention and its cross-attention: while a sentence is written, the
first keeps keys and values of each word written, the second of each source word. The encoder runs
once and keeps none, so its attention stays MHA. Feed-forward networks, of both stacks, make all
models equally large.

Places are added to the words, as in Vaswani's, so nothing turns: MLA needs no key of its own for
them, and its latent alone is kept. The sentences are short, so that 25 models are soon trained.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from attnlib import MultiHeadAttention
from attnlib.models.transformer import Transformer
from course.data.batches import LengthBatches
from course.data.translation import Corpus, load
from course.language.today import parameters
from course.training import Recipe, train
from course.translation.train_positions import SIZES, short
from course.translation.translator import Translator

SIZE, HEADS, HIDDEN = SIZES["size"], SIZES["heads"], SIZES["hidden"]
HEAD_SIZE = SIZE // HEADS
STEPS, RATE, BATCH_SIZE = 400, 4e-3, 64
SEEDS = range(5)


@dataclass(frozen=True)
class Way:
    """How a decoder layer keeps what it looks at: so many key heads, or one latent of that size."""

    key_heads: int = HEADS
    latent_size: int | None = None

    @property
    def kept(self) -> int:
        """Numbers per layer and word."""
        return self.latent_size or 2 * self.key_heads * HEAD_SIZE

    def attention(self) -> MultiHeadAttention:
        """A freshly drawn layer."""
        layer = MultiHeadAttention(SIZE, HEADS, key_heads=self.key_heads)
        if self.latent_size is not None:
            down = nn.Linear(SIZE, self.latent_size, bias=False)
            shared = nn.Sequential(down, nn.RMSNorm(self.latent_size, eps=1e-6))
            for name in ("key", "value"):
                up = nn.Linear(self.latent_size, SIZE, bias=False)
                setattr(layer, name, nn.Sequential(shared, up))
        return layer


WAYS = {
    "MHA": Way(),
    "GQA, 2 of 4": Way(key_heads=2),
    "MLA, 64": Way(latent_size=64),
    "MQA": Way(key_heads=1),
    "MLA, 32": Way(latent_size=32),
}


def built(way: Way, words: tuple[int, int], hidden: int) -> Transformer:
    """Chapter 08's small translator, its decoder's attention exchanged for the way's."""
    model = Transformer(*words, **SIZES | {"hidden": hidden})
    for layer in model.decoder:
        layer.self_attention, layer.cross_attention = way.attention(), way.attention()
    return model


def as_large_as_the_first(way: Way) -> Callable[[], Transformer]:
    """What builds the model with as near as possible the parameters of MHA."""
    corpus = load()
    words = len(corpus.source_vocabulary), len(corpus.target_vocabulary)
    with torch.device("meta"):  # counted, not drawn
        wanted = parameters(built(WAYS["MHA"], words, HIDDEN))
        two, three = (parameters(built(way, words, hidden)) for hidden in (2, 3))
    return partial(built, way, words, 2 + round((wanted - two) / (three - two)))


def trained(way: Way, corpus: Corpus, *, steps: int = STEPS, seed: int = 0) -> Translator:
    """After a short training: every model of a seed reads the same batches in the same order."""
    build = as_large_as_the_first(way)
    torch.manual_seed(seed)
    translator = Translator(build(), corpus.source_vocabulary, corpus.target_vocabulary)
    batches = LengthBatches(short(corpus.train), size=BATCH_SIZE, seed=seed)
    train(
        translator.model,
        lambda step: translator.loss(batches[step], label_smoothing=0.1),
        Recipe(steps, RATE, seed=seed),
        progress=False,
    )
    return translator
