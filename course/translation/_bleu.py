"""Corpus BLEU: how many runs of one to four words two texts share (Papineni et al., 2002).

It is sacrebleu's (Post, 2018), told that our sentences are split into words already.
"""

from collections.abc import Sequence


def bleu(written: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """100 · BP · exp( ¼ Σₙ log pₙ ), n = 1 … 4, over all sentences together; one reference each.

    pₙ: the share of the written runs of n words that stand in the sentence's reference, none
    counted more often than it stands there. BP = min(1, exp(1 − r/c)): c words written, r asked
    for. 0 when some pₙ is 0 (no smoothing). Raises ValueError for different numbers of sentences,
    ModuleNotFoundError when sacrebleu is missing.
    """
    try:
        import sacrebleu
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "BLEU is computed by sacrebleu, which is not installed: pip install sacrebleu"
        ) from error
    if len(written) != len(references):
        raise ValueError(
            f"references must have {len(written)} sentences like written, got {len(references)}"
        )
    lines, asked = ([" ".join(words) for words in text] for text in (written, references))
    found = sacrebleu.corpus_bleu(lines, [asked], tokenize="none", smooth_method="none", force=True)
    return min(found.score, 100.0)  # its logarithms round: equal texts would get 100.00000000000004
