"""Beam search: the `width` likeliest beginnings live on, not one (Sutskever et al., 2014).

    step 1    le −0.1      un −2.4                          width 2: two beginnings live on
    step 2    le chat −0.3      le chien −2.0
    step 3    le chat dort −0.4      le chien dort −2.2     one that ends leaves the beam

log P(Y) = Σᵢ log p(yᵢ | y₁ … yᵢ₋₁) only falls as a translation grows: short ones win. So those that
ended are compared by log P(Y) / lp(Y), with the length penalty of Wu et al., 2016, equation 14:

    lp(Y) = (5 + |Y|)^α / (5 + 1)^α
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.models.transformer import Transformer
from course.data.vocabulary import EOS
from course.translation.translator import Translator, Words


@dataclass(frozen=True)
class Hypothesis:
    """A translation the search has found. `ended`: whether its last word is `<eos>`, not shown."""

    words: tuple[str, ...]
    log_probability: float
    ended: bool = True

    def score(self, alpha: float) -> float:
        """log P(Y) / lp(Y); |Y| counts the end as a word, since it was predicted like one."""
        return self.log_probability / length_penalty(len(self.words) + self.ended, alpha)


def length_penalty(length: int, alpha: float) -> float:
    """lp = (5 + |Y|)^α / (5 + 1)^α: 1 for every length at α = 0, and for one word."""
    return ((5 + length) / (5 + 1)) ** alpha


@torch.no_grad()
def beam_search(
    translator: Translator,
    sentence: Words,
    *,
    width: int = 4,
    alpha: float = 0.6,
    longest: int | None = None,
) -> list[Hypothesis]:
    """Translations of one sentence, the best by log P / lp first; at most `width` of them.

    Width and α by default as in Vaswani et al., 2017, section 6.1. A width of 1 is greedy. What has
    no end after `longest` words, by default 2S + 10, stands last. Raises ValueError for a width
    below 1 or a negative α, TypeError when the translator holds no Transformer.
    """
    model = translator.model
    if not isinstance(model, Transformer):
        raise TypeError(f"translator must hold a Transformer, but holds {type(model).__name__}")
    if width < 1:
        raise ValueError(f"width must be at least 1, got {width}")
    if alpha < 0:
        raise ValueError(f"alpha must be 0 or more, got {alpha}")
    model.eval()
    source, _, start = translator.batch([sentence])
    encoded, _ = model.encode(source)  # (1, S, E)
    beam, log_p = start[:, :1], encoded.new_zeros(1)  # (K, T), (K,): K = 1 beginning, <bos>
    found: list[Hypothesis] = []
    for _ in range(2 * len(sentence) + 10 if longest is None else longest):
        next_word = model.decode(beam, (encoded.expand(len(beam), -1, -1), None))[:, -1]
        candidates = log_p[:, None] + next_word.log_softmax(dim=-1)  # (K, V)
        beam, log_p = extend(beam, candidates, width - len(found))
        ended = beam[:, -1] == EOS
        found += hypotheses(translator, beam[ended], log_p[ended])
        beam, log_p = beam[~ended], log_p[~ended]
        if len(beam) == 0:
            break
    found += hypotheses(translator, beam, log_p)
    return sorted(found, key=lambda one: (not one.ended, -one.score(alpha)))


def extend(
    beam: Int[Tensor, "K T"], candidates: Float[Tensor, "K V"], places: int
) -> tuple[Int[Tensor, "N T+1"], Float[Tensor, " N"]]:
    """The `places` likeliest of all K·V beginnings that are one word longer, and their log P."""
    best = candidates.flatten().topk(min(places, candidates.numel()))
    parents, words = best.indices // candidates.shape[1], best.indices % candidates.shape[1]
    return torch.cat((beam[parents], words[:, None]), dim=1), best.values


def hypotheses(
    translator: Translator, beam: Int[Tensor, "K T"], log_p: Float[Tensor, " K"]
) -> list[Hypothesis]:
    """The beam's rows in words, without the first `<bos>` and the last `<eos>`."""
    found = []
    for row, log_probability in zip(beam.tolist(), log_p.tolist(), strict=True):
        ended = row[-1] == EOS
        words = translator.target_vocabulary.decode(row[1:-1] if ended else row[1:])
        found.append(Hypothesis(tuple(words), log_probability, ended))
    return found
