"""BERT with real weights, and WordPiece, against transformers."""

import unicodedata

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig, BertModel, BertTokenizer

from attnlib import record_attention
from attnlib.models import bert, hub
from course.data.wordpiece import WordPiece
from oracles.models import (
    EXACT,
    SINGLE,
    assert_same_maps,
    assert_same_states,
    randomized,
    saved,
    states_of,
)

TEXTS = [
    "The animal didn't cross the street because it was too tired.",
    "Unaffable cafés: naïve, façade!",
    "Attention is all you need, said Vaswani et al. (2017).",
    "cat",
]
FOLDER = hub.folder_of("minilm")


@pytest.fixture(scope="module")
def wordpiece():
    return WordPiece.from_file(FOLDER / "vocab.txt")


@pytest.fixture(scope="module")
def their_tokenizer():
    return BertTokenizer.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def ours():
    return hub.load("minilm")


@pytest.fixture(scope="module")
def theirs():
    return BertModel.from_pretrained(FOLDER, attn_implementation="eager").eval()


@pytest.fixture(scope="module")
def read(ours, theirs, wordpiece):
    """Both have read the texts: (our states, our maps, what theirs gave, which tokens are real)."""
    tokens, lengths = wordpiece.batch(TEXTS)
    real = torch.arange(tokens.shape[1]) < lengths[:, None]
    with torch.no_grad(), record_attention(ours) as maps:
        states = states_of(ours, lambda: ours(tokens, lengths))
        told = theirs(
            tokens, attention_mask=real.long(), output_hidden_states=True, output_attentions=True
        )
    return states, maps, told, real


def test_minilm_states_equal_transformers(read):
    states, _, told, real = read
    expected = [state[real] for state in told.hidden_states[1:]]
    assert_same_states([state[real] for state in states], expected, **SINGLE)


def test_minilm_attention_maps_equal_transformers(read):
    _, maps, told, real = read
    actual = [seen.weights.transpose(1, 2)[real] for seen in maps.values()]
    expected = [weights.transpose(1, 2)[real] for weights in told.attentions]
    assert_same_states(actual, expected, **SINGLE)


def test_minilm_sentence_embeddings_equal_transformers(ours, theirs, wordpiece, their_tokenizer):
    told = their_tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        states = theirs(**told).last_hidden_state
        actual = ours.embed(*wordpiece.batch(TEXTS))
    mask = told["attention_mask"].unsqueeze(2)
    expected = F.normalize((states * mask).sum(dim=1) / mask.sum(dim=1), dim=1)
    torch.testing.assert_close(actual, expected, **SINGLE)


def test_every_weight_has_its_place(tmp_path):
    """All weights random, biases and norms too; a pair of sentences; float64."""
    config = BertConfig(
        vocab_size=31,
        hidden_size=12,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=20,
        max_position_embeddings=9,
        layer_norm_eps=0.01,
        attn_implementation="eager",
    )
    theirs = randomized(BertModel(config))
    ours = hub.load(saved(theirs, tmp_path)).double()
    tokens, segments = torch.randint(31, (2, 7)), torch.randint(2, (2, 7))
    mask = (torch.arange(7) < torch.tensor([[7], [4]])).long()
    with record_attention(ours) as maps:
        expected = theirs.double()(
            tokens,
            attention_mask=mask,
            token_type_ids=segments,
            output_hidden_states=True,
            output_attentions=True,
        )
        actual = states_of(ours, lambda: ours(tokens, torch.tensor([7, 4]), segments))
    assert_same_states(actual, expected.hidden_states[1:], **EXACT)
    assert_same_maps(maps, expected.attentions, **EXACT)


def test_old_names_of_norms_are_read():
    config = BertConfig(vocab_size=5, hidden_size=4, num_hidden_layers=1, num_attention_heads=1)
    weights = randomized(BertModel(config)).state_dict()
    old = {
        f"bert.{name}".replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta"): w
        for name, w in weights.items()
    }
    ours = bert.from_transformers(old, config.to_dict())
    assert torch.equal(ours.norm.bias, weights["embeddings.LayerNorm.bias"])


SAMPLE = [
    *TEXTS,
    "",
    "   tabs\tand\nlines\r\n",
    "MiXeD CaSe ÀÉÎÕÜ ß İstanbul ΑΣΟΣ Σ",
    "e\u0301clair ﬁne ½ ² Ⅷ ™",
    "$3.50 + 20% ~ `x` ^ <b> = |",
    "“quotes” — dashes… ¿qué? «là»",
    "北京 and 東京, かな 한국어 \U0002b740 \U0002ebe1",
    "zero\u200bwidth no\u00a0break \u2028line \ufffd \x00 \x85 \x1c bell\x07",
    "emoji 🙂 👩‍💻 and हिन्दी العربية",
    "the [MASK] sat on the [mask].",
    "a" * 100 + " " + "a" * 101,
    "electroencephalographically antidisestablishmentarianism",
    "don't can't 3,000 e.g. U.S.A. foo_bar@example.com",
]


@pytest.mark.parametrize("text", SAMPLE)
def test_wordpiece_equals_transformers(text, wordpiece, their_tokenizer):
    assert wordpiece.encode(text) == their_tokenizer(text)["input_ids"]


OLD = unicodedata.ucd_3_2_0  # newer characters are in one library's tables and not in the other's
KNOWN = st.characters().filter(lambda char: OLD.category(char) not in ("Cn", "Cs"))
TRICKY = st.sampled_from("aEé\u0301İßΣ .'$\t\u00ad\u200b\u2028\ufffd北#[]")


@given(text=st.text(TRICKY | KNOWN, max_size=30))
def test_wordpiece_equals_transformers_on_any_text(text, wordpiece, their_tokenizer):
    assert wordpiece.encode(text) == their_tokenizer(text)["input_ids"]


def test_a_batch_equals_transformers(wordpiece, their_tokenizer):
    told = their_tokenizer(TEXTS, padding=True, return_tensors="pt")
    tokens, lengths = wordpiece.batch(TEXTS)
    assert torch.equal(tokens, told["input_ids"])
    assert torch.equal(lengths, told["attention_mask"].sum(dim=1))


def test_a_rare_word_comes_in_pieces(wordpiece):
    assert wordpiece.tokenize("Unaffable cafés!") == ["una", "##ffa", "##ble", "cafes", "!"]
    assert wordpiece.decode(wordpiece.encode("cafés")) == ["[CLS]", "cafes", "[SEP]"]
