"""Beam search: one wide it is greedy, wide enough it is exhaustive, and no log P is made up."""

from itertools import product

import pytest
import torch
from torch import nn

from attnlib.models.transformer import Transformer
from course.data.translation import load
from course.data.vocabulary import BOS, EOS, Vocabulary
from course.translation import pretrained
from course.translation.beam import beam_search, length_penalty
from course.translation.translator import Translator

SENTENCE = ("a", "b", "a")


def tiny(seed=0):
    """A random translator into three words, too small to have more than a few translations."""
    torch.manual_seed(seed)
    words = Vocabulary(["a", "b"]), Vocabulary(["x", "y", "z"])
    model = Transformer(len(words[0]), len(words[1]), size=8, heads=2, layers=1, hidden=16)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    return Translator(model.double().eval(), *words)


@torch.no_grad()
def log_probability(translator, sentence, numbers):
    """log P of the numbers, all read at once: no search in it."""
    source = torch.tensor([translator.source_vocabulary.encode(sentence)])
    target = torch.tensor([[BOS, *numbers]])
    log_p = translator.model(source, None, target[:, :-1])[0].log_softmax(dim=-1)
    return log_p.gather(1, target[0, 1:, None]).sum().item()


def all_translations(translator, sentence, longest, alpha):
    """Every translation that ends within `longest` words, its score and its log P: best first."""
    others = [number for number in range(len(translator.target_vocabulary)) if number != EOS]
    scored = []
    for length in range(longest):
        for numbers in product(others, repeat=length):
            log_p = log_probability(translator, sentence, [*numbers, EOS])
            scored.append((log_p / length_penalty(length + 1, alpha), log_p, numbers))
    return sorted(scored, reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 0.6])
def test_a_beam_of_width_1_is_greedy(alpha):
    translator = pretrained.load("translation_transformer")
    sentences = [pair.source for pair in load().longer[:8]]
    for sentence, greedy in zip(sentences, translator.greedy(sentences), strict=True):
        (found,) = beam_search(translator, sentence, width=1, alpha=alpha)
        assert list(found.words) == greedy


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
def test_a_full_beam_is_exhaustive(alpha):
    longest = 4
    translator = tiny()
    found = beam_search(translator, SENTENCE, width=6**longest * 2, alpha=alpha, longest=longest)
    expected = all_translations(translator, SENTENCE, longest, alpha)
    ended = [one for one in found if one.ended]
    assert len(ended) == len(expected) == 1 + 6 + 36 + 216
    best = translator.target_vocabulary.decode(expected[0][2])
    assert list(found[0].words) == best
    torch.testing.assert_close(
        torch.tensor([one.score(alpha) for one in ended]).double(),
        torch.tensor([score for score, _, _ in expected]).double(),
    )


@pytest.mark.parametrize("width", [2, 5])
def test_the_log_probability_is_that_of_the_whole_sentence(width):
    translator = pretrained.load("translation_transformer")
    pair = load().longer[0]
    for found in beam_search(translator, pair.source, width=width):
        numbers = translator.target_vocabulary.encode(found.words)
        whole = log_probability(translator, pair.source, [*numbers, EOS])
        assert found.log_probability == pytest.approx(whole, abs=1e-3)


def test_it_gives_as_many_as_it_is_wide_best_first():
    translator = pretrained.load("translation_transformer")
    found = beam_search(translator, ("the", "black", "cat", "sat"), width=4, alpha=0.6)
    assert len({one.words for one in found}) == 4
    scores = [one.score(0.6) for one in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("width", [1, 2, 3, 7])
def test_one_that_has_ended_keeps_its_place_in_the_beam(width):
    assert len(beam_search(tiny(), SENTENCE, width=width)) == width


def test_what_has_no_end_stands_last():
    translator = tiny()
    found = beam_search(translator, SENTENCE, width=20, longest=2)
    assert [one.ended for one in found] == sorted((one.ended for one in found), reverse=True)
    assert not found[-1].ended
    assert len(found[-1].words) == 2


def test_length_penalty_by_hand():
    assert length_penalty(1, 0.7) == 1
    assert length_penalty(13, 0.0) == 1
    assert length_penalty(13, 1.0) == 3  # (5 + 13) / 6
    assert length_penalty(7, 0.5) == pytest.approx(2**0.5)


def test_a_longer_translation_may_win_by_the_penalty_alone():
    translator = tiny()
    by_sum = beam_search(translator, SENTENCE, width=500, alpha=0.0, longest=4)[0]
    by_mean = beam_search(translator, SENTENCE, width=500, alpha=2.0, longest=4)[0]
    assert by_sum.log_probability > by_mean.log_probability
    assert len(by_mean.words) > len(by_sum.words)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"width": 0}, "width must be at least 1, got 0"), ({"alpha": -1.0}, "alpha must be 0 or")],
)
def test_a_search_that_makes_no_sense_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        beam_search(tiny(), SENTENCE, **wrong)


def test_a_recurrent_translator_is_refused():
    with pytest.raises(TypeError, match="must hold a Transformer, but holds RecurrentTranslator"):
        beam_search(pretrained.load("translation_gru_none"), ("the", "cat"))
