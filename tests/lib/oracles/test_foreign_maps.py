"""Models of transformers, recorded: the oracle is what they say with `output_attentions`."""

import pytest
import torch
from transformers import (
    BartConfig,
    BartModel,
    BertConfig,
    BertModel,
    Gemma2Config,
    Gemma2Model,
    GPT2Config,
    GPT2Model,
    GptOssConfig,
    GptOssModel,
    LlamaConfig,
    LlamaForCausalLM,
    T5Config,
    T5Model,
)

from attnlib import record_attention
from attnlib.inspect import explore

TOKENS, CONTEXT = torch.tensor([[1, 2, 3, 4, 1, 2, 3]]), torch.tensor([[5, 6, 7, 8]])
SMALL = {"vocab_size": 20}
SIZES = SMALL | {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 16}
ONE_SIDED = {
    "GPT-2": lambda: GPT2Model(
        GPT2Config(n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0, **SMALL)
    ),
    "BERT": lambda: BertModel(BertConfig(num_attention_heads=2, **SIZES)),
    "Gemma 2, with a soft cap": lambda: Gemma2Model(
        Gemma2Config(
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=8,
            sliding_window=3,
            attn_logit_softcapping=0.5,
            **SIZES,
        )
    ),
    "gpt-oss, with sinks": lambda: GptOssModel(
        GptOssConfig(
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=8,
            sliding_window=3,
            num_local_experts=2,
            num_experts_per_tok=1,
            **SIZES,
        )
    ),
    "Llama": lambda: LlamaForCausalLM(
        LlamaConfig(num_attention_heads=4, num_key_value_heads=2, **SIZES)
    ),
}
TWO_SIDED = {
    "BART": lambda: BartModel(
        BartConfig(d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
                   decoder_attention_heads=2, encoder_ffn_dim=8, decoder_ffn_dim=8, **SMALL)
    ),
    "T5": lambda: T5Model(
        T5Config(d_model=16, d_kv=8, num_layers=2, num_heads=2, d_ff=16, **SMALL)
    ),
}  # fmt: skip


def made(build):
    torch.manual_seed(0)
    model = build().eval()
    return model if isinstance(model, GptOssModel) else model.double()  # its experts have no double


def own_maps(model, **inputs):
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    with torch.no_grad():
        told = model(**inputs, output_attentions=True)
    model.set_attn_implementation(before)
    return told


@pytest.mark.parametrize("build", ONE_SIDED.values(), ids=ONE_SIDED)
def test_a_models_maps_are_its_own(build):
    model = made(build)
    heads = explore(model, TOKENS)
    expected = own_maps(model, input_ids=TOKENS).attentions
    for seen, weights in zip(heads.maps.values(), expected, strict=True):
        torch.testing.assert_close(seen.weights, weights)
        torch.testing.assert_close(seen.rows(slice(-1, None)), weights[:, :, -1:])


@pytest.mark.parametrize("build", TWO_SIDED.values(), ids=TWO_SIDED)
def test_cross_attention_is_recorded_beside_self_attention(build):
    model = made(build)
    heads = explore(model, TOKENS, context=CONTEXT)
    told = own_maps(model, input_ids=CONTEXT, decoder_input_ids=TOKENS)
    expected = list(told.encoder_attentions)
    for pair in zip(told.decoder_attentions, told.cross_attentions, strict=True):
        expected += pair
    for seen, weights in zip(heads.maps.values(), expected, strict=True):
        torch.testing.assert_close(seen.weights, weights)
    shapes = [tuple(map(len, heads.sides(layer))) for layer in heads.maps]
    assert shapes == [(4, 4), (4, 4), (7, 7), (7, 4), (7, 7), (7, 4)]


@pytest.mark.parametrize("build", [*ONE_SIDED.values()], ids=ONE_SIDED)
def test_recording_changes_no_output_and_is_over_afterwards(build):
    model = made(build)
    before = model(TOKENS)[0]
    kind = model.config._attn_implementation
    with record_attention(model) as maps:
        during = model(TOKENS)[0]
    torch.testing.assert_close(during, before, rtol=1e-5, atol=1e-6)  # their softmax is in float32
    assert model.config._attn_implementation == kind
    count = len(maps.calls)
    assert torch.equal(model(TOKENS)[0], before)
    assert len(maps.calls) == count


def test_padding_is_seen_by_nobody():
    model = made(ONE_SIDED["BERT"])
    allowed = torch.tensor([[1, 1, 1, 1, 0, 0, 0]])
    with record_attention(model) as maps:
        model(TOKENS, attention_mask=allowed)
    assert all(not seen.weights[..., 4:].any() for seen in maps.values())
