"""Beam search against transformers' and against all texts there are."""

from itertools import product

import pytest
import torch

from attnlib.models.generation import beam_search, generate
from oracles.test_generation import TEXTS, WORDS, gpt2, padded, prompt, their_llama


@pytest.fixture(scope="module", params=[gpt2, their_llama], ids=["gpt2", "llama"])
def pair(request):
    return request.param()


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("width", [2, 3, 5])
def test_beams_write_what_those_of_transformers_write(width, alpha, pair):
    ours, theirs = pair
    ended = 0
    for end in range(1, 9):
        expected = theirs.generate(
            prompt(3), max_new_tokens=8, do_sample=False, num_beams=width, length_penalty=alpha,
            eos_token_id=end, pad_token_id=end, early_stopping="never",
        )  # fmt: skip
        tokens = beam_search(ours, prompt(3), length=8, width=width, alpha=alpha, end=end).tokens
        size = max(tokens.shape[1], expected.shape[1])
        both = [
            torch.nn.functional.pad(t, (0, size - t.shape[1]), value=end)
            for t in (tokens, expected)
        ]
        assert torch.equal(*both)
        ended += int((tokens == end).any())
    assert ended  # else the ends were not tried


def test_a_beam_of_1_is_greedy(pair):
    ours, _ = pair
    assert torch.equal(
        beam_search(ours, prompt(), length=6, width=1).tokens, generate(ours, prompt(), length=6)
    )


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0])
def test_a_beam_wide_enough_finds_the_best_of_all_texts(alpha, pair):
    """Of all 23³ ways to go on: those that end early count as long as they are."""
    ours, _ = pair
    length, end, start = 3, 4, prompt(1, 2)
    texts = torch.tensor(list(product(range(WORDS), repeat=length)))
    with torch.no_grad():
        logits = ours(torch.cat((start.expand(len(texts), -1), texts), dim=1))[:, 1:-1]
    steps = logits.log_softmax(-1).gather(2, texts[:, :, None])[:, :, 0]
    before = (texts == end).long().cumsum(1) - (texts == end).long()  # ends before the word
    counted = before == 0
    scores = (steps * counted).sum(1) / counted.sum(1).double() ** alpha
    found = beam_search(ours, start, length=length, width=WORDS**2, alpha=alpha, end=end)
    torch.testing.assert_close(found.score[0], scores.max(), rtol=0, atol=1e-12)
    best = texts[scores.argmax()].masked_fill(~counted[scores.argmax()], end)
    said = found.tokens[0, 2:]
    assert said.tolist() == best[: len(said)].tolist()


def test_behind_padding_each_row_is_searched_as_if_alone(pair):
    ours, _ = pair
    tokens, padding = padded(TEXTS)
    found = beam_search(ours, tokens, length=5, width=3, padding=padding, end=7)
    for text, row, score, before in zip(TEXTS, *found, padding.tolist(), strict=True):
        alone = beam_search(ours, text[None], length=5, width=3, end=7)
        said = alone.tokens[0]
        assert torch.equal(row[before:][: len(said)], said)
        assert (row[before:][len(said) :] == 7).all()
        torch.testing.assert_close(score, alone.score[0], rtol=0, atol=1e-10)


def test_nothing_to_write_is_the_tokens(pair):
    assert torch.equal(beam_search(pair[0], prompt(), length=0).tokens, prompt())


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"width": 0}, ValueError, "width must be at least 1, got 0"),
        ({"alpha": -0.5}, ValueError, "alpha must be 0 or more, got -0.5"),
        ({"alpha": "1"}, TypeError, "alpha must be a number or None, got str"),
        ({"length": -1}, ValueError, "length must be at least 0, got -1"),
    ],
)
def test_what_cannot_be_searched_is_named(changed, error, words, pair):
    with pytest.raises(error, match=words):
        beam_search(pair[0], prompt(), **({"length": 2} | changed))
