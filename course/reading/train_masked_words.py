"""Find hidden words, looking both ways or only back: --model both-ways, or causal"""

import torch
import torch.nn.functional as F
from torch import Tensor

from course.data.batches import LengthBatches
from course.data.translation import Corpus, load
from course.data.vocabulary import SPECIALS, Vocabulary
from course.reading import blanks
from course.reading.blanks import MASK_WORD, accuracy, hide
from course.training import Job, Recipe, Task

SIZES = {"size": 96, "heads": 4, "layers": 3, "hidden": 192, "longest": 32, "segments": 1}
NAMES = {"both-ways": "bert_masked_words", "causal": "bert_masked_words_causal"}
RECIPE = Recipe(steps=4000, learning_rate=2e-3, warmup=300)
BATCH_SIZE = 64
VALIDATED = 100  # sentences, each word hidden in turn


def prepare(kind: str, recipe: Recipe, corpus: Corpus | None = None) -> Job:
    """A reader of the corpus' English sentences, looking both ways or, "causal", only back.

    Raises ValueError for an unknown kind.
    """
    if kind not in NAMES:
        raise ValueError(f"kind must be one of {', '.join(NAMES)}; got {kind!r}")
    corpus = load() if corpus is None else corpus
    torch.manual_seed(recipe.seed)
    known = Vocabulary((MASK_WORD, *corpus.source_vocabulary.words[len(SPECIALS) :]))
    reader = blanks.untrained(known, SIZES, causal=kind == "causal")
    batches = LengthBatches(corpus.train, size=BATCH_SIZE, seed=recipe.seed)
    some = [pair.source for pair in corpus.valid[:: max(1, len(corpus.valid) // VALIDATED)]]

    def loss(step: int) -> Tensor:
        source = torch.Generator().manual_seed(recipe.seed_of(step))
        tokens, _ = reader.batch([pair.source for pair in batches[step]])
        hidden = hide(tokens, len(known), source)
        logits = reader.model(hidden.tokens)
        return F.cross_entropy(logits[hidden.asked], tokens[hidden.asked])

    return Job(
        name=NAMES[kind],
        model=reader.model,
        recipe=recipe,
        loss=loss,
        batch={"batch_size": BATCH_SIZE},
        details={
            "causal": kind == "causal",
            "sizes": SIZES,
            "words": known.words[len(SPECIALS) :],
        },
        validate=lambda: f"right in {len(some)} validation sentences: {accuracy(reader, some):.1%}",
    )


TASK = Task("model", dict.fromkeys(NAMES, RECIPE), prepare)
