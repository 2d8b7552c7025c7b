"""Chapter 09: what the Transformer translates, greedily and by beam, and where its norms stand."""

from collections.abc import Sequence
from statistics import fmean

from course.data.translation import Pair, load
from course.measurements import long_sentences
from course.measurements.table import Table
from course.translation import bleu, pretrained, train_norms, train_parts
from course.translation.alignment import (
    alignment_error_rate,
    attention_links,
    best_choice,
)
from course.translation.beam import Hypothesis, beam_search
from course.translation.evaluation import BUCKETS
from course.translation.translator import Translator

COMMAND = "python -m course.measurements 9"
WIDTH, ALPHA = 4, 0.6
LIKELIER = 1e-3  # nats; less is rounding


def measure() -> list[Table]:
    """Quality by length, both searches, the loss curves' last values, long sentences, parts."""
    translator = pretrained.load("translation_transformer")
    corpus = load()
    splits = {"3 to 24 words": corpus.test, "25 to 30 words": corpus.longer}
    greedy = {name: search(translator, pairs, 1) for name, pairs in splits.items()}
    beam = {name: search(translator, pairs, WIDTH) for name, pairs in splits.items()}
    pairs = [*corpus.test, *corpus.longer]
    return [
        quality(translator, pairs, [*greedy["3 to 24 words"], *greedy["25 to 30 words"]]),
        searches(splits, greedy, beam),
        norms(),
        long_sentences.table(),
        parts(),
    ]


def search(translator: Translator, pairs: Sequence[Pair], width: int) -> list[Hypothesis]:
    """The best translation of each sentence, by a beam of this width."""
    return [beam_search(translator, p.source, width=width, alpha=ALPHA)[0] for p in pairs]


def quality(translator: Translator, pairs: Sequence[Pair], found: Sequence[Hypothesis]) -> Table:
    """Exact match, BLEU and AER by source length; layer and heads are chosen on `valid`."""
    choice = best_choice(translator, load().valid)
    rows: list[list[str | float | int]] = []
    for low, high in BUCKETS:
        inside = [i for i, pair in enumerate(pairs) if low <= len(pair.source) <= high]
        if not inside:
            continue
        some, written = [pairs[i] for i in inside], [found[i] for i in inside]
        error = alignment_error_rate(attention_links(translator, some, choice), some)
        rows.append([f"{low}-{high}", len(some), *marks(written, some), 100 * error])
    return Table(
        "The Transformer's greedy translations of held-out sentences, by English words",
        ("words", "sentences", "exact %", "BLEU", "AER %"),
        rows,
        COMMAND,
        digits=1,
    )


def searches(
    splits: dict[str, list[Pair]],
    greedy: dict[str, list[Hypothesis]],
    beam: dict[str, list[Hypothesis]],
) -> Table:
    """Both searches on both splits, and in how many sentences each found the likelier one."""
    rows: list[list[str | float | int]] = []
    for name, pairs in splits.items():
        gain = [
            b.log_probability - g.log_probability
            for g, b in zip(greedy[name], beam[name], strict=True)
        ]
        for how, found in (("greedy", greedy[name]), (f"beam {WIDTH}", beam[name])):
            log_p = fmean(one.log_probability for one in found)
            rows.append([f"{name}, {how}", *marks(found, pairs), log_p])
        better, worse = sum(g > LIKELIER for g in gain), sum(g < -LIKELIER for g in gain)
        rows[-2] += [worse, ""]
        rows[-1] += [better, len(pairs)]
    return Table(
        f"Greedy against a beam of {WIDTH}, length penalty α = {ALPHA}, on held-out sentences",
        ("search", "exact %", "BLEU", "mean log P", "likelier", "of"),
        rows,
        COMMAND,
    )


def marks(found: Sequence[Hypothesis], pairs: Sequence[Pair]) -> list[float]:
    """Exact match in percent, and BLEU."""
    right = fmean(one.words == pair.target for one, pair in zip(found, pairs, strict=True))
    return [100 * right, bleu([one.words for one in found], [pair.target for pair in pairs])]


def norms() -> Table:
    """The mean loss of the last steps of each stored run."""
    told = train_norms.stored()
    rows = [[run["norm"], run["rate"], run["warmup"], run["losses"][-1]] for run in told["runs"]]
    return Table(
        f"Loss of the last {told['mean_of']} steps, in nats per word; {told['layers']} layers",
        ("norm", "learning rate", "warm-up steps", "loss"),
        rows,
        "python -m course.training norms",
        digits=4,
    )


def parts() -> Table:
    """Exact translations with a part missing: the mean over the seeds, the least and the most.

    Of the runs that are stored: the command trains those that are not.
    """
    runs = train_parts.stored()
    depths = sorted({run.layers for run in runs})
    rows: list[list[str | float | int]] = []
    for missing in train_parts.MISSING:
        row: list[str | float | int] = [missing]
        for layers in depths:
            some = [share for run, share in runs.items() if run[:2] == (missing, layers)]
            row += [fmean(some), f"{min(some):.1%} to {max(some):.1%}", len(some)] if some else []
        if len(row) > 1:
            rows.append(row)
    columns = [(f"{layers} layers", "least and most", "seeds") for layers in depths]
    return Table(
        "Short held-out sentences exact, with a part missing",
        ("missing", *(name for three in columns for name in three)),
        rows,
        "python -m course.training parts",
        percent=True,
    )
