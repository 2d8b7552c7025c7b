"""Corpus BLEU: how many runs of one to four words two texts share (Papineni et al., 2002)."""

import math
from collections import Counter
from collections.abc import Sequence

LONGEST_RUN = 4


def bleu(written: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """100 · BP · exp( ¼ Σₙ log pₙ ), n = 1 … 4, over all sentences together; one reference each.

    pₙ: the share of the written runs of n words that stand in the sentence's reference, none
    counted more often than it stands there. BP = min(1, exp(1 − r/c)): c words written, r asked
    for. 0 when some pₙ is 0 (no smoothing). Raises ValueError for different numbers of sentences.
    """
    if len(written) != len(references):
        raise ValueError(
            f"references must have {len(written)} sentences like written, got {len(references)}"
        )
    log_precision = 0.0
    for n in range(1, LONGEST_RUN + 1):
        shared, total = 0, 0
        for ours, theirs in zip(written, references, strict=True):
            shared += (runs(ours, n) & runs(theirs, n)).total()
            total += runs(ours, n).total()
        if shared == 0:
            return 0.0
        log_precision += math.log(shared / total) / LONGEST_RUN
    c, r = sum(map(len, written)), sum(map(len, references))
    return 100 * min(1.0, math.exp(1 - r / c)) * math.exp(log_precision)


def runs(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """Each run of `n` words, with how often it stands in the sentence."""
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
