"""The four scores of a head, against maps whose numbers a reader can add up."""

import math

import pytest
import torch
from torch import nn

from attnlib import Attend
from attnlib.heads import MultiHeadAttention
from attnlib.inspect import (
    entropy_score,
    explore,
    induction,
    induction_score,
    previous_token_score,
    self_score,
)
from attnlib.masks import Causal
from attnlib.models.gpt import GPT
from attnlib.models.transformer import Transformer

# tokens:           a    b    a    b    c    a
MAP = torch.tensor(
    [
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.5, 0.5, 0.0, 0.0, 0.0, 0.0],
        [0.1, 0.7, 0.2, 0.0, 0.0, 0.0],  # a came at 0: what followed is place 1
        [0.1, 0.1, 0.6, 0.2, 0.0, 0.0],  # b came at 1: place 2
        [0.2, 0.2, 0.2, 0.2, 0.2, 0.0],
        [0.0, 0.3, 0.1, 0.4, 0.1, 0.1],  # a came at 0 and 2: places 1 and 3
    ],
    dtype=torch.float64,
)[None, None]
TOKENS = torch.tensor([[7, 8, 7, 8, 9, 7]])


def test_previous_token_is_the_mean_of_the_diagonal_below():
    expected = (0.5 + 0.7 + 0.6 + 0.2 + 0.1) / 5
    assert previous_token_score(MAP).item() == pytest.approx(expected)


def test_self_is_the_mean_of_the_diagonal():
    assert self_score(MAP).item() == pytest.approx((1 + 0.5 + 0.2 + 0.2 + 0.2 + 0.1) / 6)


def test_entropy_is_zero_for_one_key_and_the_logarithm_of_as_many_alike():
    alike = torch.full((1, 2, 3, 5), 0.2, dtype=torch.float64)
    alike[:, 1] = torch.eye(5, dtype=torch.float64)[:3]
    assert entropy_score(alike)[0].tolist() == pytest.approx([math.log(5), 0.0])


def test_induction_adds_up_every_key_behind_an_earlier_place_of_the_token():
    expected = (0.7 + 0.6 + (0.3 + 0.4)) / 3  # of the three queries whose token came before
    assert induction_score(MAP, TOKENS).item() == pytest.approx(expected)


def test_a_token_right_behind_its_like_does_not_look_at_itself_by_induction():
    tokens = torch.tensor([[7, 7, 8, 7]])
    weights = torch.eye(4, dtype=torch.float64)[None, None]
    assert induction_score(weights, tokens).item() == 0.0  # the last: places 1 and 2, not 3


def test_a_text_said_twice_scores_as_the_repeated_score_and_one_query_more():
    torch.manual_seed(0)
    model = GPT(20, size=16, heads=2, layers=2, longest=16, dropout_p=0.0).double().eval()
    tokens = induction.repeated(20, 6, batch=1, seed=0)
    scored = torch.stack(list(explore(model, tokens).scores["induction"].values()))
    maps = torch.stack([seen.weights[0] for seen in explore(model, tokens).maps.values()])
    last = maps[:, :, 11, 6]  # whose token stood at 5, before the second half
    torch.testing.assert_close(scored, (5 * induction.scores(model, tokens) + last) / 6)


def test_scores_by_blocks_of_rows_are_the_scores_of_the_whole_map(monkeypatch):
    monkeypatch.setattr("attnlib.inspect._explore.BLOCK", 3)
    torch.manual_seed(1)
    tokens = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6, 5, 3]])
    model = GPT(10, size=8, heads=2, layers=1, longest=10, dropout_p=0.0).double().eval()
    heads = explore(model, tokens)
    (layer,) = heads.maps
    weights = heads.maps[layer].weights
    for name, expected in {
        "previous token": previous_token_score(weights)[0],
        "self": self_score(weights)[0],
        "entropy": entropy_score(weights)[0],
        "induction": induction_score(weights, tokens)[0],
    }.items():
        torch.testing.assert_close(heads.scores[name][layer], expected)


@pytest.fixture
def translator():
    torch.manual_seed(0)
    model = Transformer(11, 13, size=16, heads=4, layers=2, hidden=8).double().eval()
    return explore(
        model,
        torch.tensor([[1, 5, 6, 5]]),
        context=torch.tensor([[4, 5, 6]]),
        words=["<s>", "le", "chat", "le"],
        context_words=["the", "cat", "sat"],
    )


def test_a_decoders_heads_have_the_words_of_both_sides(translator):
    assert repr(translator) == "Heads(24 heads in 6 layers, 4 tokens)"
    sides = {layer: tuple(map(len, translator.sides(layer))) for layer in translator.maps}
    assert sides["encoder.1.self_attention"] == (3, 3)
    assert sides["decoder.0.self_attention"] == (4, 4)
    assert sides["decoder.1.cross_attention"] == (4, 3)


def test_cross_attention_has_an_entropy_alone(translator):
    for name, layers in translator.scores.items():
        missing = layers["decoder.0.cross_attention"].isnan()
        assert missing.all() == missing.any() == (name != "entropy")
    assert {one.layer for one in translator.ranked("induction")} == {
        "decoder.0.self_attention",  # the source says nothing twice
        "decoder.1.self_attention",
    }


def test_ranked_begins_with_the_highest_or_the_lowest(translator):
    highest = translator.ranked("entropy")
    assert len(highest) == 24
    assert highest == sorted(highest, key=lambda one: -one.score)
    assert translator.ranked("entropy", lowest=True)[0] == highest[-1]


def test_rows_on_request_are_those_of_the_map(translator):
    layer = "decoder.1.cross_attention"
    torch.testing.assert_close(
        translator.rows(layer, 3, slice(-1, None)), translator.maps[layer].weights[0, 3, -1:]
    )


def test_thousands_of_tokens_never_lay_a_whole_map():
    class Long(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = MultiHeadAttention(8, 2)

        def forward(self, tokens):
            x = torch.zeros(1, tokens.shape[1], 8)
            return self.attention(x, mask=Causal())

    tokens = torch.arange(3000)[None] % 1500
    heads = explore(Long(), tokens)
    assert "weights" not in vars(heads.maps["attention"])
    # all keys alike: of the second half's queries i, each gives the one follower 1 / (i + 1)
    expected = sum(1 / (i + 1) for i in range(1500, 3000)) / 1500
    assert heads.scores["induction"]["attention"][0].item() == pytest.approx(expected, rel=1e-4)
    assert heads.rows("attention", 1, slice(2998, 3000)).shape == (2, 3000)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: previous_token_score(torch.ones(1, 1, 1, 1)), "two tokens or more, got 1"),
        (
            lambda: induction_score(torch.eye(2)[None, None], torch.tensor([[1, 2]])),
            "tokens must hold, in each text, one",
        ),
        (lambda: explore(Attend(), torch.zeros(2, 3).long()), r"one text, \(1, T\); got \(2, 3\)"),
        (
            lambda: explore(Attend(), torch.zeros(1, 3).long(), words=["a"]),
            "words must be one per token, 3; got 1",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_words_of_the_wrong_side_are_refused():
    model = Transformer(11, 13, size=16, heads=4, layers=1, hidden=8).eval()
    source, target = torch.tensor([[4, 5, 6]]), torch.tensor([[1, 5]])
    with pytest.raises(ValueError, match="has 3 queries and 3 keys, but tokens and context would"):
        explore(model, target, run=lambda: model(source, torch.tensor([3]), target))
