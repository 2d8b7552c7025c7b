"""Translators without attention that differ in one thing: how many numbers the context vector has.

    summary (136 numbers) → narrow → context (17, 34, 68 or 136) → widen → decoder

Encoder, decoder, sentences and steps are the same for all. They learn short sentences only, which
takes a minute or two each.
"""

import torch
from jaxtyping import Int
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.models.rnn_decoders import FixedDecoder
from attnlib.models.rnn_encoder import Encoder, Memory
from attnlib.models.rnn_seq2seq import RecurrentTranslator
from course.data.batches import LengthBatches
from course.data.translation import Corpus, Pair, load
from course.training import Job, Recipe
from course.translation.evaluation import exact_by_length
from course.translation.recipes import KINDS
from course.translation.train_translation import BATCH
from course.translation.translator import Translator

CONTEXTS = (17, 34, 68, 136)  # numbers in the context vector
SEEDS = range(5)
LONGEST = 14  # English words, in training and in the test
STEPS = 4000
LONGER = 8000  # steps of a second training, of the smallest and the largest


class Squeezed(Encoder):
    """An encoder whose summary passes through a context vector of `context` numbers.

    Widening begins as narrowing undone, as far as there is room: with as many numbers as the
    summary has, as if neither were there.
    """

    def __init__(self, words: int, *, size: int, embedding_size: int, context: int) -> None:
        super().__init__(words, size=size, embedding_size=embedding_size)
        self.narrow = nn.Linear(size, context, bias=False)
        self.widen = nn.Linear(context, size, bias=False)
        nn.init.orthogonal_(self.narrow.weight)
        with torch.no_grad():
            self.widen.weight.copy_(self.narrow.weight.T)

    @checked
    def forward(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"] | None) -> Memory:
        memory = super().forward(source, lengths)
        return memory._replace(summary=self.widen(self.narrow(memory.summary)))


def prepare(context: int, recipe: Recipe, corpus: Corpus | None = None) -> Job:
    """A job that measures exact translations by length; its name has size, seed and steps."""
    corpus = load() if corpus is None else corpus
    translator = untrained(context, corpus, seed=recipe.seed)
    batches = LengthBatches(short(corpus.train), size=int(BATCH["batch_size"]), seed=recipe.seed)
    return Job(
        name=name_of(context, recipe),
        model=translator.model,
        recipe=recipe,
        loss=lambda step: translator.loss(batches[step], label_smoothing=BATCH["label_smoothing"]),
        batch=BATCH,
        details={"context": context, "longest_source": LONGEST},
        measure=lambda: exact_by_length(translator, short(corpus.test)),
    )


def untrained(context: int, corpus: Corpus, *, seed: int = 0) -> Translator:
    """A translator with the random weights of `seed`."""
    torch.manual_seed(seed)
    words = corpus.source_vocabulary, corpus.target_vocabulary
    sizes = KINDS["gru-none"].sizes
    encoder = Squeezed(len(words[0]), context=context, **sizes)
    return Translator(RecurrentTranslator(encoder, FixedDecoder(len(words[1]), **sizes)), *words)


def recipe(seed: int, *, steps: int = STEPS) -> Recipe:
    """The same for every size of the context vector."""
    return Recipe(steps, KINDS["gru-none"].learning_rate, seed=seed)


def name_of(context: int, recipe: Recipe) -> str:
    """context_34_seed_0_steps_4000"""
    return f"context_{context}_seed_{recipe.seed}_steps_{recipe.steps}"


def short(pairs: list[Pair]) -> list[Pair]:
    """Those of at most LONGEST source words."""
    return [pair for pair in pairs if len(pair.source) <= LONGEST]
