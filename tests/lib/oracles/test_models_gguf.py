"""Models in GGUF files against the gguf package, llama.cpp's own, and transformers."""

import gguf as theirs_package
import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from attnlib.models import gguf, hub, llama
from oracles.models import randomized

QUANTIZED = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q8_0"]
SIZES = {"embedding_length": 64, "block_count": 2, "feed_forward_length": 96, "context_length": 50}
OURS_OF = {theirs: ours for ours, theirs in gguf.NAMES.items()}


def config(**others):
    return LlamaConfig(
        vocab_size=23,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=96,
        rms_norm_eps=1e-3,
        rope_parameters={"rope_type": "default", "rope_theta": 100.0},
        **others,
    )


def in_pairs(weight, heads):
    """As llama.cpp's converter stores query and key: the two halves of a head in turns."""
    return weight.reshape(heads, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def written(model, file, kind="F32", architecture="llama"):
    """The file in which the gguf package writes the model, its matrices stored as `kind`."""
    writer = theirs_package.GGUFWriter(file, architecture)
    writer.add_embedding_length(64)
    writer.add_block_count(2)
    writer.add_feed_forward_length(96)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-3)
    writer.add_rope_freq_base(100.0)
    heads = {"q_proj": 4, "k_proj": 2}
    for name, weight in model.state_dict().items():
        module = name.removesuffix(".weight")
        if module == "lm_head" and model.config.tie_word_embeddings:
            continue
        last = module.split(".")[-1]
        if module.startswith("model.layers."):
            number, rest = module.removeprefix("model.layers.").split(".", 1)
            ours = f"blk.{number}.{OURS_OF[rest]}.weight"
        else:
            ours = f"{OURS_OF[module]}.weight"
        weight = weight.numpy()
        weight = in_pairs(weight, heads[last]) if last in heads else weight
        if weight.ndim == 2:
            stored_as = theirs_package.GGMLQuantizationType[kind]
            raw = theirs_package.quantize(np.ascontiguousarray(weight), stored_as)
            writer.add_tensor(ours, raw, raw_dtype=stored_as)
        else:
            writer.add_tensor(ours, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


@pytest.mark.parametrize("tied", [False, True])
def test_logits_equal_those_of_the_model_that_was_written(tied, tmp_path):
    theirs = randomized(LlamaForCausalLM(config(tie_word_embeddings=tied)))
    ours = hub.load(written(theirs, tmp_path / "model.gguf"))
    assert (ours.output.weight is ours.words.weight) == tied
    tokens = torch.randint(23, (2, 9))
    torch.testing.assert_close(ours(tokens), theirs(tokens).logits, rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", QUANTIZED)
def test_weights_equal_those_the_gguf_package_reads(kind, tmp_path):
    model = randomized(LlamaForCausalLM(config()))
    file = written(model, tmp_path / "model.gguf", kind)
    _, weights = gguf.read(file)
    for tensor in theirs_package.GGUFReader(file).tensors:
        if "attn_q" in tensor.name or "attn_k" in tensor.name:
            continue  # other rows: the logits hold those
        expected = theirs_package.dequantize(tensor.data, tensor.tensor_type)
        where, _, part = tensor.name.removesuffix(".weight").rpartition(".")
        layer = f"model.layers.{where.removeprefix('blk.')}." if where else ""
        ours = weights[f"{layer}{gguf.NAMES[part]}.weight"].numpy()
        np.testing.assert_array_equal(ours, expected)


def test_a_gguf_file_of_another_kind_is_named(tmp_path):
    model = LlamaForCausalLM(config())
    other = written(model, tmp_path / "other.gguf", architecture="qwen2")
    with pytest.raises(ValueError, match="architecture 'qwen2'; known is 'llama'"):
        hub.load(other)
    with pytest.raises(ValueError, match="tokenizer None"):
        gguf.vocabulary(other)
    with pytest.raises(ValueError, match="there is no file"):
        hub.load(tmp_path / "none.gguf")
    quantized = written(model, tmp_path / "quantized.gguf", "Q5_0")
    with pytest.raises(ValueError, match="stored as kind 6; known are F32, F16, Q4_0"):
        hub.load(quantized)


@pytest.mark.parametrize("kept", [3, 30, 200, 5000])
def test_a_gguf_file_that_is_cut_short_is_named(kept, tmp_path):
    file = written(LlamaForCausalLM(config()), tmp_path / "model.gguf")
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"model\.gguf is (no GGUF|damaged or cut|cut short)"):
        hub.load(file)


def test_the_weights_are_taken_without_a_copy():
    model = LlamaForCausalLM(config())
    weights = model.state_dict()
    ours = llama.from_transformers(weights, model.config.to_dict())
    there = weights["model.layers.0.mlp.up_proj.weight"].data_ptr()
    assert ours.layers[0].feed_forward.up.weight.data_ptr() == there
