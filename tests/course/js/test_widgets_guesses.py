"""guesses: what the page keeps is what the networks say, and it tells it right."""

import math

import pytest
import torch

from course import checkpoints
from course.reading import blanks
from course.widgets._guesses import LINES, READ, SENTENCES, guesses

VIEW = "guesses.js"


@pytest.mark.parametrize(
    ("reader", "name"), [(0, "bert_masked_words_causal"), (1, "bert_masked_words")]
)
def test_the_guesses_are_the_networks_own(reader, name):
    model = checkpoints.load(name)
    for text, sentence in zip(guesses().view.texts, SENTENCES, strict=True):
        words = sentence.split()
        chances = blanks.each_word_hidden(model, words).softmax(dim=-1)
        best = [model.vocabulary.words[number] for number in chances.argmax(dim=-1).tolist()]
        assert [place[0][0] for place in text["guesses"][reader]] == best
        right = chances.gather(1, torch.tensor(model.vocabulary.encode(words))[:, None])[:, 0]
        torch.testing.assert_close(torch.tensor(text["truth"][reader]), right, rtol=0, atol=1e-4)


def test_the_surprise_is_that_of_the_writer(javascript):
    writer = checkpoints.load("gpt_characters")
    for text, line in zip(guesses("characters").view.texts, LINES, strict=True):
        tokens = writer.tokens("\n" + line)
        with torch.no_grad():
            logits = writer.model(tokens[:, :-1])[0]
        nats = torch.nn.functional.cross_entropy(logits, tokens[0, 1:]).item()
        assert javascript(VIEW, "surprise", text["truth"][0]) == pytest.approx(nats, abs=0.05)


def test_the_sentence_says_what_was_expected_and_what_is_right(javascript):
    state = {
        "readers": ["one"],
        "words": ["a", "b"],
        "guesses": [[[["a", 0.5]], [["c", 0.7], ["b", 0.2]]]],
        "truth": [[0.5, 0.2]],
    }
    assert javascript(VIEW, "describe", {**state, "place": 1}) == (
        "In place of “b”: one: “c” with 0.70, and gives “b” 0.20. Right in this text: one 1 of 2."
    )
    assert "“a” with 0.50, which is right" in javascript(VIEW, "describe", {**state, "place": 0})


@pytest.mark.parametrize("kind", READ)
def test_probabilities_fall_and_are_none_above_one(kind):
    for text in guesses(kind).view.texts:
        for reader in text["guesses"]:
            for place in reader:
                chances = [chance for _, chance in place]
                assert chances == sorted(chances, reverse=True)
                assert math.fsum(chances) <= 1.001


@pytest.mark.parametrize(
    "wrong", [{"kind": "letters"}, {"text": 9}, {"place": 99}, {"kind": "words", "place": -1}]
)
def test_what_is_not_there_is_refused(wrong):
    with pytest.raises(ValueError, match=f"{list(wrong)[-1]} must"):
        guesses(**wrong)
