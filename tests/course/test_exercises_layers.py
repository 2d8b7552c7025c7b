"""Layers to write: chapter 09's are the translator's, those to train refuse generic mistakes."""

import re

import generic_mistakes
import pytest
import torch
from exercise_list import EXERCISES

from course.exercises import chapter_09
from course.exercises.building import my_decoder_layer, my_encoder_layer, trained_layer
from course.exercises.building_layers import SIZE, mistaken
from course.exercises.looking_up import FaultOfTraining
from course.exercises.stacking import PAD, words
from course.exercises.trying import Draw
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


TRAINED = [n for n, e in EXERCISES.items() if isinstance(e.find_fault, FaultOfTraining)]
ANY_ORDER = {r"told (flipped|rolled) along 1": "softmax does not mind the order of what was told"}
ANY_LENGTH = {"asking doubled": "a query of length 1 is asked, whatever its length was"}
EQUAL = dict.fromkeys(TRAINED, ANY_ORDER) | {"chapter_17.DELTA_LOOK_UP": ANY_LENGTH}


def test_each_part_but_the_third_has_a_layer_to_train_which_has_a_whole_transformer():
    assert [name[:10] for name in TRAINED] == [f"chapter_{n}" for n in ("02", "03", "17", "20")]


@pytest.mark.parametrize("name", TRAINED)
def test_a_layer_to_train_refuses_generic_mistakes(name):
    fault, layer = EXERCISES[name].find_fault, EXERCISES[name].solution().layer
    accepted = set()
    for label, wrong in wrong_layers(fault, layer):
        given = mistaken(layer, lambda _, asking, told, wrong=wrong: wrong(asking, told))
        if fault.of_layer(given, SIZE) is None:
            accepted.add(label)
    harmless = {label for label in accepted for why in EQUAL[name] if re.fullmatch(why, label)}
    assert accepted - harmless == set()
    assert harmless


def wrong_layers(fault, layer):
    """Generic mistakes in what the layer gives, each named."""

    def right(asking, told):
        return fault.right(layer, asking, told)

    draw = Draw()
    cases = [(draw.normal(2, 3, SIZE), draw.normal(2, 5, SIZE)), (draw.normal(4, 4, SIZE),) * 2]
    with torch.no_grad():
        yield from generic_mistakes.in_code(right, cases)
