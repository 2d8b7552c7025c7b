"""What a config.json may leave out is what transformers takes for it; damaged files are named."""

import json

import pytest
import torch
from oracles.models import randomized, saved
from transformers import (
    BertConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    ViTConfig,
    ViTForImageClassification,
    ViTModel,
)

from attnlib.models import bert, gpt, hub, llama, vit

COMPUTED = {  # what a config of transformers works out from the others when it is made
    "num_key_value_heads",
    "head_dim",
}
DEFAULTS = {
    GPT2Config: gpt.DEFAULTS,
    BertConfig: bert.DEFAULTS,
    LlamaConfig: llama.DEFAULTS,
    ViTConfig: vit.DEFAULTS,
}


@pytest.mark.parametrize("kind", DEFAULTS, ids=lambda kind: kind.__name__)
def test_the_defaults_are_those_of_transformers(kind):
    theirs = kind()
    assert {name: getattr(theirs, name) for name in DEFAULTS[kind] if name not in COMPUTED} == {
        name: value for name, value in DEFAULTS[kind].items() if name not in COMPUTED
    }


def test_llamas_heads_are_by_default_as_many_and_as_wide_as_the_size_says():
    theirs = LlamaConfig()
    assert theirs.num_key_value_heads == theirs.num_attention_heads
    assert theirs.head_dim == theirs.hidden_size // theirs.num_attention_heads


def vision(folder, model=ViTForImageClassification, **choices):
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = ViTConfig(**sizes, intermediate_size=32, image_size=8, patch_size=4, **choices)
    theirs = randomized(model(config))
    return theirs, saved(theirs, folder)


@pytest.mark.parametrize("labels", [1, 2, 3])
def test_a_vit_of_any_number_of_classes_is_loaded(labels, tmp_path):
    theirs, folder = vision(tmp_path, num_labels=labels)
    pictures = torch.randn(2, 3, 8, 8)
    ours = hub.load(folder)(pictures)
    torch.testing.assert_close(ours, theirs(pictures).logits, rtol=0, atol=1e-5)


def test_a_vit_without_a_head_says_what_is_missing(tmp_path):
    _, folder = vision(tmp_path, ViTModel)
    with pytest.raises(ValueError, match=r"do not fit ViT: .*logits\.weight is missing"):
        hub.load(folder)


def test_a_config_may_leave_out_what_has_its_default(tmp_path):
    config = GPT2Config(vocab_size=7, n_embd=4, n_layer=1, n_head=2, n_positions=5)
    theirs = randomized(GPT2LMHeadModel(config))
    folder = saved(theirs, tmp_path)
    told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kept = {"vocab_size", "n_embd", "n_layer", "n_head", "n_positions", "model_type"}
    few = {name: value for name, value in told.items() if name in kept}
    (folder / "config.json").write_text(json.dumps(few), encoding="utf-8")
    tokens = torch.tensor([[1, 2, 3]])
    ours = hub.load(folder)(tokens)
    torch.testing.assert_close(ours, theirs(tokens).logits, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "fetch it with git lfs"),
        (b"{", "model.safetensors is damaged or cut short"),
    ],
)
def test_a_damaged_file_is_named(text, words, tmp_path):
    _, folder = vision(tmp_path)
    (folder / "model.safetensors").write_bytes(text)
    with pytest.raises(ValueError, match=words):
        hub.load(folder)
