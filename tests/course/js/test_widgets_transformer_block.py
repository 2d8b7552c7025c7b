"""transformer_block: the strips are the translator's activations, to the rounding of a byte."""

import json

import pytest
import torch

from attnlib import record_attention
from course.translation import pretrained
from course.widgets._transformer_block import SENTENCE, packed, transformer_block
from course.widgets.block_steps import record

VIEW = "transformer_block.js"


@pytest.fixture(scope="module")
def translator():
    return pretrained.load("translation_transformer")


@pytest.fixture(scope="module")
def places(translator):
    return record(translator, SENTENCE.split())


def strips(place):
    return {(i, strip.name): strip.vectors for i, s in enumerate(place.steps) for strip in s.strips}


def ends(place):
    """The first and the last x of a layer."""
    xs = [strip.vectors for step in place.steps for strip in step.strips if strip.name == "x"]
    return xs[0], xs[-1]


def test_the_view_shows_every_vector_to_the_rounding_of_a_byte(javascript, places):
    for place in places:
        sent = packed(place)
        for word in (0, len(place.words) - 1):
            seen = javascript(VIEW, "frame", sent, word, len(place.steps))
            for shown, step in zip(reversed(seen), place.steps, strict=True):
                for strip, recorded in zip(shown["strips"], step.strips, strict=True):
                    vector = recorded.vectors[word]
                    error = (torch.tensor(strip["numbers"]) - vector).abs().max()
                    assert error <= vector.abs().max() / 127 * 0.55
                    assert strip["norm"] == pytest.approx(vector.norm().item(), abs=0.006)


def test_the_view_shows_the_models_own_weights(javascript, translator, places):
    source, lengths, target = translator.batch([SENTENCE.split()], [places[-1].words[1:]])
    with record_attention(translator.model) as maps:
        translator.model(source, lengths, target[:, :-1])
    seen = javascript(VIEW, "frame", packed(places[3]), 2, len(places[3].steps))
    shown = [step["weights"] for step in reversed(seen) if step["weights"]]
    for rows, name in zip(
        shown, ("decoder.1.self_attention", "decoder.1.cross_attention"), strict=True
    ):
        filled = torch.tensor([[weight or 0.0 for weight in row] for row in rows])
        expected = maps[name].weights[0, :, 2]
        torch.testing.assert_close(filled, expected, rtol=0, atol=6e-4)


def test_words_to_come_are_marked_as_unseen(javascript, places):
    seen = javascript(VIEW, "frame", packed(places[2]), 2, 4)
    assert [[weight is None for weight in head] for head in seen[0]["weights"]] == [
        [False] * 3 + [True] * 6
    ] * 4


@torch.no_grad()
def test_the_last_layers_end_is_what_the_model_computes_with(translator, places):
    source, lengths, target = translator.batch([SENTENCE.split()], [places[-1].words[1:]])
    memory = translator.model.encode(source, lengths)
    torch.testing.assert_close(ends(places[1])[1], memory[0][0])
    logits = ends(places[3])[1] @ translator.model.target_embedding.table.mT
    torch.testing.assert_close(logits, translator.model.decode(target[:, :-1], memory)[0])
    words = translator.target_vocabulary.decode(logits.argmax(dim=-1).tolist())
    assert words == [*places[3].words[1:], "<eos>"]


def test_layers_are_counted_from_0_as_in_the_code(places):
    assert [place.name for place in places] == [
        "encoder, layer 0",
        "encoder, layer 1",
        "decoder, layer 0",
        "decoder, layer 1",
    ]


def test_each_layer_begins_where_the_one_before_ended(places):
    for before, after in ((0, 1), (2, 3)):
        torch.testing.assert_close(ends(places[before])[1], ends(places[after])[0])


def test_the_residual_is_the_copy_of_x_and_what_the_sublayer_found(places):
    for place in places:
        x = found = None
        for step in place.steps:
            for strip in step.strips:
                if strip.name == "x + …":
                    torch.testing.assert_close(strip.vectors, x + found)
                x = strip.vectors if strip.name == "x" else x
                found = strip.vectors if strip.name in ("mixed", "output") else found


def test_the_copy_of_x_waits_from_where_it_is_kept_to_where_it_is_added(javascript, places):
    steps = javascript(VIEW, "frame", packed(places[0]), 0, 10)
    assert [step["rail"] for step in reversed(steps)] == [
        "",
        "",
        "keep",
        "on",
        "on",
        "add",
        "",
        "keep",
        "add",
        "",
    ]


def test_the_picture_is_told_in_words(javascript, places):
    sent = packed(places[0])
    sentence = javascript(VIEW, "describe", sent, 1, javascript(VIEW, "frame", sent, 1, 2))
    norm = places[0].steps[1].strips[1].vectors[1].norm()
    assert sentence == (
        f"Step 2 of 10, + position, for “cat”. Position has length 6.9, x has length {norm:.1f}."
    )


def test_the_state_is_small():
    state = transformer_block().view.get_state(["places"])
    assert len(json.dumps(state)) < 150_000


@pytest.mark.parametrize("wrong", [{"layer": -1}, {"layer": 4}, {"word": 7}, {"step": 11}])
def test_a_place_there_is_not_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must lie between .* and .* got {value}"):
        transformer_block(**wrong)


def test_a_pre_norm_model_is_refused(translator):
    broken = pretrained.load("translation_transformer")
    broken.model.encoder_norm = torch.nn.LayerNorm(96)
    with pytest.raises(TypeError, match="must hold a post-norm Transformer"):
        record(broken, ["the"])
