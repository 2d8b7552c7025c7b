"""Chapter 07, many heads: what one head cannot do, what each is for, and what shared keys cost.

Also read by chapter 06: attention switched off layer by layer, self- and cross-attention apart.
"""

from collections.abc import Collection, Mapping

import torch

from attnlib.inspect.ablation import head_counts, heads_off
from course.data.translation import Pair, load
from course.measurements import look_ups, shared_keys
from course.measurements.table import Cell, Table
from course.translation import bleu, pretrained
from course.translation.translator import Translator

COMMAND = "python -m course.measurements 7"
SENTENCES = 400
MEASURES = ["exact %", "BLEU", "loss"]
DATA = f"{SENTENCES} held-out sentences; loss in nats per word"

Off = Mapping[str, Collection[int]]


def measure() -> list[Table]:
    """All tables; the translators of the last are trained first, a minute each."""
    looks = [look_ups.by_heads(), look_ups.by_scale(), look_ups.by_reader()]
    return [*ablations(), *looks, shared()]


def ablations() -> list[Table]:
    """Each head off, each head kept alone in its layer, and whole layers off."""
    translator = pretrained.load("translation_transformer")
    counts = head_counts(translator.model)
    pairs = sample(SENTENCES)
    intact = quality(translator, pairs)
    heads = [(layer, head) for layer, count in counts.items() for head in range(count)]
    one: list[list[Cell]] = [["nothing", "", *intact]]
    alone: list[list[Cell]] = [["all", "", *intact]]
    for layer, head in heads:
        others = [other for other in range(counts[layer]) if other != head]
        one.append([layer, head, *quality(translator, pairs, {layer: [head]})])
        alone.append([layer, head, *quality(translator, pairs, {layer: others})])
    whole: list[list[Cell]] = [["nothing", *intact]]
    for name, layers in groups(counts).items():
        off = {layer: range(counts[layer]) for layer in layers}
        whole.append([name, *quality(translator, pairs, off)])
    return [
        Table(f"One head off: {DATA}", ["layer", "head off", *MEASURES], one, COMMAND),
        Table(f"One head of a layer kept: {DATA}", ["layer", "kept", *MEASURES], alone, COMMAND),
        Table(f"Whole attention layers off: {DATA}", ["off", *MEASURES], whole, COMMAND),
    ]


def shared() -> Table:
    """The translator with 4, 2 and 1 key heads: what is kept, and how well it translates."""
    corpus, pairs = load(), sample(SENTENCES)
    rows: list[list[Cell]] = []
    for key_heads in shared_keys.KEY_HEADS:
        for seed in shared_keys.SEEDS:
            translator = shared_keys.trained(key_heads, corpus, seed=seed)
            sizes = shared_keys.numbers_per_word(translator), shared_keys.parameters(translator)
            rows.append([key_heads, seed, *sizes, *quality(translator, pairs)])
    columns = ["key heads", "seed", "kept per word", "parameters", *MEASURES]
    return Table(f"4 query heads, {shared_keys.STEPS} steps: {DATA}", columns, rows, COMMAND)


def groups(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """Each layer by itself, then the three kinds: {"all decoder cross": [its layers], …}."""
    kinds = {}
    for stack, kind in (("encoder", "self"), ("decoder", "self"), ("decoder", "cross")):
        kinds[f"all {stack} {kind}"] = [
            layer
            for layer in counts
            if layer.startswith(stack) and layer.endswith(f"{kind}_attention")
        ]
    return {layer: [layer] for layer in counts} | kinds


def sample(sentences: int) -> list[Pair]:
    """`SENTENCES` test sentences at even steps, so that all lengths are among them."""
    test = load().test
    return test[:: len(test) // sentences][:sentences]


def quality(
    translator: Translator, pairs: list[Pair], off: Off | None = None
) -> tuple[float, float, float]:
    """Exact matches in percent, corpus BLEU over words, and the loss in nats per word."""
    with heads_off(translator.model, off or {}), torch.no_grad():
        written = translator.greedy([pair.source for pair in pairs])
        loss = translator.loss(pairs).item()
    right = sum(tuple(words) == pair.target for words, pair in zip(written, pairs, strict=True))
    score = bleu(written, [pair.target for pair in pairs])
    return 100 * right / len(pairs), score, loss
