"""Chapter 09's layers to write: the numbers are the translator's, and a stack of them learns."""

import pytest
import torch

from course.exercises import chapter_09
from course.exercises.building import my_decoder_layer, my_encoder_layer, trained_layer
from course.exercises.stacking import PAD, words
from course.translation import pretrained

LENGTHS = torch.tensor([6, 4])


@pytest.fixture(scope="module")
def translator():
    return pretrained.load("translation_transformer")


@pytest.fixture(scope="module")
def batch(translator):
    return translator.batch(
        [["the", "cat", "sat", "on", "the", "mat"], ["the", "dog", "is", "black"]],
        [["le", "chat", "est", "assis"], ["le", "chien", "est", "noir"]],
    )


def test_written_layers_give_the_numbers_of_the_trained_translator(translator, batch):
    model = translator.model
    with torch.no_grad():
        theirs, _ = model.encode(batch.source, LENGTHS)
        memory = model.source_embedding(batch.source)
        allowed = (torch.arange(6) < LENGTHS[:, None])[:, None, None]
        x = model.target_embedding(batch.target[:, :-1])
        for number in (0, 1):
            memory = my_encoder_layer(trained_layer("encoder", number), memory, allowed)
        for number in (0, 1):
            x = my_decoder_layer(trained_layer("decoder", number), x, memory, allowed)
        logits = model(batch.source, LENGTHS, batch.target[:, :-1])
    for sentence, length in enumerate(LENGTHS):
        torch.testing.assert_close(memory[sentence, :length], theirs[sentence, :length])
    torch.testing.assert_close(x @ model.target_embedding.table.T, logits, rtol=1e-4, atol=1e-4)


@pytest.mark.timeout(600)  # ten seconds of a quiet processor
def test_a_stack_of_right_layers_learns_to_write_words_backwards(capsys):
    chapter_09.train_stack(my_encoder_layer, my_decoder_layer)
    assert "Your Transformer works." in capsys.readouterr().out


def test_a_stack_is_trained_only_when_both_layers_are_right(capsys):
    chapter_09.train_stack(my_encoder_layer, lambda layer, x, memory, allowed: x)
    assert capsys.readouterr().out.startswith(
        "Nothing to train yet. my_decoder_layer: these are not"
    )
    chapter_09.train_stack(lambda layer, x, allowed: ..., my_decoder_layer)
    assert "my_encoder_layer: the function returns nothing yet" in capsys.readouterr().out


def test_words_have_unequal_lengths_and_come_back_backwards():
    given, back = words(50, seed=3)
    lengths = (given != PAD).sum(dim=1)
    assert lengths.min() < lengths.max()
    for word, reverse, length in zip(given, back, lengths, strict=True):
        assert torch.equal(word[:length].flip(0), reverse[:length])
        assert (reverse[length:] == PAD).all()
