"""BERT's masked-word head against transformers, in float64."""

import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, BertForPreTraining

from attnlib.models import masked_words
from oracles.models import EXACT, randomized

CONFIG = {
    "vocab_size": 31,
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 9,
    "layer_norm_eps": 0.01,
    "attn_implementation": "eager",
}
TOKENS = torch.randint(31, (2, 7), generator=torch.Generator().manual_seed(0))
SEGMENTS = torch.tensor([[0, 0, 0, 1, 1, 1, 1]]).expand(2, 7)


@pytest.fixture(scope="module")
def theirs():
    torch.manual_seed(0)
    return randomized(BertForMaskedLM(BertConfig(**CONFIG))).double()


@pytest.fixture(scope="module")
def ours(theirs):
    model = masked_words.from_transformers(theirs.state_dict(), theirs.config.to_dict())
    return model.double()


def test_logits_equal_transformers(ours, theirs):
    mask = (torch.arange(7) < torch.tensor([[7], [4]])).long()
    expected = theirs(TOKENS, attention_mask=mask, token_type_ids=SEGMENTS).logits
    actual = ours(TOKENS, torch.tensor([7, 4]), SEGMENTS)
    torch.testing.assert_close(actual, expected, **EXACT)


def test_gradients_equal_transformers(ours, theirs):
    """The words' table is used twice, so its gradient has two parts."""
    theirs(TOKENS).logits.square().mean().backward()
    ours(TOKENS).square().mean().backward()
    expected = theirs.bert.embeddings.word_embeddings.weight.grad
    torch.testing.assert_close(ours.bert.words.weight.grad, expected, **EXACT)


def test_a_model_with_both_training_heads_is_read(theirs):
    both = randomized(BertForPreTraining(BertConfig(**CONFIG))).double()
    ours = masked_words.from_transformers(both.state_dict(), both.config.to_dict()).double()
    torch.testing.assert_close(ours(TOKENS), both(TOKENS).prediction_logits, **EXACT)


def test_a_decoder_of_its_own_is_refused(theirs):
    config = theirs.config.to_dict() | {"tie_word_embeddings": False}
    with pytest.raises(ValueError, match="config has tie_word_embeddings False"):
        masked_words.from_transformers(theirs.state_dict(), config)


def test_a_missing_weight_is_named(theirs):
    weights = {name: w for name, w in theirs.state_dict().items() if "transform.dense" not in name}
    with pytest.raises(ValueError, match=r"transform\.weight is missing"):
        masked_words.from_transformers(weights, theirs.config.to_dict())
