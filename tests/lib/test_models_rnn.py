"""Recurrent encoder-decoders, held against formulas written out step by step."""

import pytest
import torch
from torch import nn

from attnlib import record_attention
from attnlib.models.rnn_decoders import BahdanauDecoder, FixedDecoder, LuongDecoder
from attnlib.models.rnn_encoder import Encoder
from attnlib.models.rnn_seq2seq import RecurrentTranslator
from attnlib.scores import General, dot
from attnlib.scores.location import Location

EXACT = {"rtol": 1e-9, "atol": 1e-10}
SIZES = {"size": 8, "embedding_size": 6}
SOURCE = torch.tensor([[5, 6, 7, 8, 9], [9, 8, 7, 0, 0]])
LENGTHS = torch.tensor([5, 3])
TARGET = torch.tensor([[1, 4, 5, 6], [1, 7, 8, 9]])
DECODERS = {
    "none": lambda: FixedDecoder(13, **SIZES),
    "additive": lambda: BahdanauDecoder(13, **SIZES),
    "dot": lambda: LuongDecoder(13, dot, **SIZES),
    "general": lambda: LuongDecoder(13, General(8, 8), **SIZES),
    "location": lambda: LuongDecoder(13, Location(8, 10), **SIZES),
}
every_decoder = pytest.mark.parametrize("kind", DECODERS)


def small(kind):
    torch.manual_seed(0)
    model = RecurrentTranslator(Encoder(11, **SIZES), DECODERS[kind]())
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    return model.double().eval()


def gru(weights, x, h):
    """Cho et al., 2014, as PyTorch orders it: reset, update, candidate."""
    w_r, w_z, w_n = (weights["weight_ih"] @ x + weights["bias_ih"]).chunk(3)
    u_r, u_z, u_n = (weights["weight_hh"] @ h + weights["bias_hh"]).chunk(3)
    reset, update = torch.sigmoid(w_r + u_r), torch.sigmoid(w_z + u_z)
    candidate = torch.tanh(w_n + reset * u_n)
    return (1 - update) * candidate + update * h


def weights_of(module, suffix=""):
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return {name: getattr(module, name + suffix) for name in names}


def encoded_by_hand(encoder, words):
    embedded = [encoder.embedding.weight[word] for word in words]
    forward, backward = [], []
    h = torch.zeros(4, dtype=torch.float64)
    for x in embedded:
        h = gru(weights_of(encoder.gru, "_l0"), x, h)
        forward.append(h)
    h = torch.zeros(4, dtype=torch.float64)
    for x in reversed(embedded):
        h = gru(weights_of(encoder.gru, "_l0_reverse"), x, h)
        backward.insert(0, h)
    states = [torch.cat(pair) for pair in zip(forward, backward, strict=True)]
    return states, torch.cat((forward[-1], backward[0]))


def logits_by_hand(model, kind, words, target):
    """One sentence, one word at a time, from the papers' formulas."""
    decoder = model.decoder
    states, summary = encoded_by_hand(model.encoder, words)
    s = torch.tanh(decoder.first_state.weight @ summary + decoder.first_state.bias)

    def context(query):
        if kind == "additive":
            score = decoder.cross_attention.attend.score
            w, u, v = score.query.weight, decoder.key.weight, score.combine.weight[0]
            numbers = [v @ torch.tanh(w @ query + u @ h) for h in states]
        elif kind == "general":
            numbers = [query @ decoder.cross_attention.attend.score.weight @ h for h in states]
        elif kind == "location":
            numbers = [
                decoder.cross_attention.attend.score.weight[j] @ query for j in range(len(states))
            ]
        else:
            numbers = [query @ h for h in states]
        parts = [torch.exp(number) for number in numbers]
        return sum(part * h for part, h in zip(parts, states, strict=True)) / sum(parts)

    rows = []
    for word in target:
        y = decoder.embedding.weight[word]
        if kind == "none":
            c = summary
            s = gru(weights_of(decoder.gru, "_l0"), torch.cat((y, c)), s)
        elif kind == "additive":
            c = context(s)
            s = gru(weights_of(decoder.gru), torch.cat((y, c)), s)
        else:
            s = gru(weights_of(decoder.gru, "_l0"), y, s)
            c = context(s)
        read = torch.tanh(decoder.combine.weight @ torch.cat((s, c)))
        rows.append(decoder.logits.weight @ read + decoder.logits.bias)
    return torch.stack(rows)


@every_decoder
def test_logits_equal_the_papers_formulas(kind):
    model = small(kind)
    logits = model(SOURCE, LENGTHS, TARGET)
    for row, length in enumerate(LENGTHS.tolist()):
        by_hand = logits_by_hand(model, kind, SOURCE[row, :length], TARGET[row])
        torch.testing.assert_close(logits[row], by_hand, **EXACT)


@every_decoder
def test_padding_changes_nothing(kind):
    model = small(kind)
    alone = model(SOURCE[1:, :3], None, TARGET[1:])
    torch.testing.assert_close(model(SOURCE, LENGTHS, TARGET)[1:], alone, **EXACT)


@every_decoder
@pytest.mark.parametrize("place", [1, 3])
def test_a_later_target_word_cannot_change_earlier_logits(kind, place):
    model = small(kind)
    other = TARGET.clone()
    other[:, place:] = 10
    before, after = model(SOURCE, LENGTHS, TARGET), model(SOURCE, LENGTHS, other)
    torch.testing.assert_close(before[:, :place], after[:, :place], rtol=0, atol=0)
    assert not torch.allclose(before[:, place], after[:, place])


@every_decoder
def test_steps_give_the_logits_of_teacher_forcing(kind):
    model = small(kind)
    memory, state, steps = model.encode(SOURCE, LENGTHS), None, []
    for word in TARGET.unbind(1):
        logits, state = model.step(word, memory, state)
        steps.append(logits)
    torch.testing.assert_close(torch.stack(steps, dim=1), model(SOURCE, LENGTHS, TARGET), **EXACT)


@pytest.mark.parametrize(("kind", "calls", "rows"), [("additive", 4, 1), ("dot", 1, 4)])
def test_attention_is_recorded_step_by_step_or_at_once(kind, calls, rows):
    model = small(kind)
    with record_attention(model) as maps:
        model(SOURCE, LENGTHS, TARGET)
    assert len(maps.calls["decoder.cross_attention"]) == calls
    assert maps["decoder.cross_attention"].weights.shape == (2, 1, rows, 5)
    assert maps["decoder.cross_attention"].weights[1, ..., 3:].eq(0).all()


def test_without_attention_there_is_nothing_to_record():
    with pytest.raises(ValueError, match="holds no Attend"), record_attention(small("none")):
        pass


def test_an_odd_size_does_not_divide_into_two_directions():
    with pytest.raises(ValueError, match="size must be even"):
        Encoder(11, size=7, embedding_size=6)


def test_location_knows_only_so_many_places():
    model = small("location")
    with pytest.raises(ValueError, match="key has length 12"):
        model(torch.full((1, 12), 5), None, TARGET[:1])
