"""The Transformer of 2017, held against PyTorch's own layers, and what its masks promise."""

import pytest
import torch
from torch import nn

from attnlib import record_attention
from attnlib.models.transformer import Transformer

EXACT = {"rtol": 1e-9, "atol": 1e-10}
SOURCE = torch.tensor([[5, 6, 7, 8, 9], [9, 8, 7, 0, 0]])
LENGTHS = torch.tensor([5, 3])
TARGET = torch.tensor([[1, 4, 5, 6], [1, 7, 8, 9]])


def small(pre_norm=False):
    torch.manual_seed(0)
    model = Transformer(11, 13, size=16, heads=4, layers=2, hidden=24, pre_norm=pre_norm)
    for parameter in model.parameters():  # so that no bias or norm is at its idle value
        nn.init.normal_(parameter, std=0.3)
    return model.double().eval()


def copy_attention(ours, theirs):
    projections = (ours.query, ours.key, ours.value)
    theirs.in_proj_weight.data = torch.cat([linear.weight for linear in projections])
    theirs.in_proj_bias.data = torch.cat([linear.bias for linear in projections])
    theirs.out_proj.load_state_dict(ours.output.state_dict())


def copy_layer(ours, theirs, sublayers):
    copy_attention(ours.self_attention, theirs.self_attn)
    if "cross_attention" in sublayers:
        copy_attention(ours.cross_attention, theirs.multihead_attn)
    theirs.linear1.load_state_dict(ours.feed_forward[0].state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward[2].state_dict())
    for number, sublayer in enumerate(sublayers, start=1):
        norm = getattr(ours, f"{sublayer}_residual").norm
        getattr(theirs, f"norm{number}").load_state_dict(norm.state_dict())
    return theirs


def pytorchs(model, pre_norm):
    """PyTorch's encoder and decoder with the model's weights."""
    choices = {
        "dim_feedforward": 24,
        "dropout": 0.0,
        "batch_first": True,
        "norm_first": pre_norm,
        "dtype": torch.float64,
    }
    encoder = [
        copy_layer(
            layer, nn.TransformerEncoderLayer(16, 4, **choices), ("self_attention", "feed_forward")
        )
        for layer in model.encoder
    ]
    decoder = [
        copy_layer(
            layer,
            nn.TransformerDecoderLayer(16, 4, **choices),
            ("self_attention", "cross_attention", "feed_forward"),
        )
        for layer in model.decoder
    ]
    return encoder, decoder


def pytorchs_logits(model, pre_norm):
    encoder, decoder = pytorchs(model, pre_norm)
    padding = torch.arange(5) >= LENGTHS[:, None]
    future = nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64).isinf()
    x = model.source_embedding(SOURCE)
    for layer in encoder:
        x = layer(x, src_key_padding_mask=padding)
    memory = model.encoder_norm(x)
    y = model.target_embedding(TARGET)
    for layer in decoder:
        y = layer(y, memory, tgt_mask=future, memory_key_padding_mask=padding)
    return model.decoder_norm(y) @ model.target_embedding.table.T


@pytest.mark.parametrize("pre_norm", [False, True])
def test_logits_equal_pytorchs_layers(pre_norm):
    model = small(pre_norm)
    torch.testing.assert_close(
        model(SOURCE, LENGTHS, TARGET), pytorchs_logits(model, pre_norm), **EXACT
    )


def test_the_norms_order_matters():
    assert not torch.allclose(
        small(pre_norm=False)(SOURCE, LENGTHS, TARGET),
        small(pre_norm=True)(SOURCE, LENGTHS, TARGET),
    )


def test_embedding_is_the_table_times_root_size_plus_waves():
    embedding = small().source_embedding
    first, second = embedding(torch.tensor([[7, 7]]))[0]
    torch.testing.assert_close(first[0], embedding.table[7, 0] * 4)  # sin 0
    torch.testing.assert_close(first[1], embedding.table[7, 1] * 4 + 1)  # cos 0
    wave = torch.tensor([1.0], dtype=torch.float64).sin()[0]
    torch.testing.assert_close(second[0], embedding.table[7, 0] * 4 + wave)


def test_what_lies_in_padding_changes_nothing():
    model = small()
    other = SOURCE.clone()
    other[1, 3:] = 4
    torch.testing.assert_close(
        model(SOURCE, LENGTHS, TARGET), model(other, LENGTHS, TARGET), rtol=0, atol=0
    )


def test_padding_added_changes_nothing():
    model = small()
    alone = model(SOURCE[1:, :3], None, TARGET[1:])
    torch.testing.assert_close(model(SOURCE, LENGTHS, TARGET)[1:], alone, **EXACT)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_later_target_word_cannot_change_earlier_logits(place):
    model = small()
    other = TARGET.clone()
    other[:, place:] = 10
    before, after = model(SOURCE, LENGTHS, TARGET), model(SOURCE, LENGTHS, other)
    torch.testing.assert_close(before[:, :place], after[:, :place], rtol=0, atol=0)
    assert not torch.allclose(before[:, place], after[:, place])


def test_steps_give_the_logits_of_teacher_forcing():
    model = small()
    memory, state, steps = model.encode(SOURCE, LENGTHS), None, []
    for word in TARGET.unbind(1):
        logits, state = model.step(word, memory, state)
        steps.append(logits)
    torch.testing.assert_close(torch.stack(steps, dim=1), model(SOURCE, LENGTHS, TARGET), **EXACT)


def test_every_attention_is_recorded_by_its_place():
    model = small()
    with record_attention(model) as maps:
        model(SOURCE, LENGTHS, TARGET)
    assert set(maps) == {
        *("encoder.0.self_attention", "encoder.1.self_attention"),
        *(
            "decoder.0.self_attention",
            "decoder.0.cross_attention",
            "decoder.1.self_attention",
            "decoder.1.cross_attention",
        ),
    }
    assert maps["decoder.1.cross_attention"].weights.shape == (2, 4, 4, 5)


def test_the_target_embedding_is_the_output_projection():
    model = small()
    assert not any("logits" in name or "output_embedding" in name for name in model.state_dict())
    model(SOURCE, LENGTHS, TARGET)[..., 12].sum().backward()
    assert model.target_embedding.table.grad[12].abs().sum() > 0  # a word the target does not hold
