"""The Transformer in the page writes the same words and looks at the same places as in PyTorch."""

import json
import subprocess

import pytest
import torch
from safetensors.torch import save_file

from attnlib import record_attention
from attnlib.models.transformer import Transformer
from course.data import translation
from course.data.vocabulary import BOS, EOS
from course.widgets import translator_attention
from course.widgets._assets import STATIC
from course.widgets.translator import CHECKPOINT, SENTENCES, in_the_page
from tests.course.js.conftest import HERE, node, sent

SPECIALS = {"bos": BOS, "eos": EOS}


def translations(file, shape, sentences):
    """What the page's Transformer writes, with the weights of every layer and head."""
    question = json.dumps({"shape": shape, "sentences": sentences, "specials": SPECIALS})
    command = [node(), "--no-warnings", HERE / "translate.mjs", STATIC, file, question]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def cross_weights(model, source, written):
    """PyTorch's weights, (T, layers, H, S), while it is told to write those words."""
    target = torch.tensor([[BOS, *(step["word"] for step in written[:-1])]])
    with record_attention(model) as maps, torch.no_grad():
        logits = model(torch.tensor([source]), torch.tensor([len(source)]), target)
    layers = [
        maps[f"decoder.{layer}.cross_attention"].weights[0] for layer in range(len(model.decoder))
    ]
    return logits[0], torch.stack(layers).permute(2, 0, 1, 3)


@pytest.mark.parametrize("pre_norm", [False, True])
def test_the_page_computes_what_pytorch_computes(tmp_path, pre_norm):
    torch.manual_seed(0)
    model = Transformer(20, 30, size=16, heads=4, layers=2, hidden=24, pre_norm=pre_norm)
    model = model.half().double().eval()
    file = tmp_path / "model.safetensors"
    save_file({name: weight.half() for name, weight in model.state_dict().items()}, file)
    shape = {"heads": 4, "layers": 2, "preNorm": pre_norm}
    source = [5, 19, 7, 4, 4]
    (written,) = translations(file, shape, [source])
    logits, weights = cross_weights(model, source, written)
    assert [step["word"] for step in written] == logits.argmax(-1).tolist()
    page = torch.tensor([step["cross"] for step in written], dtype=torch.float64)
    torch.testing.assert_close(page, weights, rtol=0, atol=1e-10)


def test_the_page_translates_held_out_sentences_like_pytorch():
    translator = in_the_page()[0]
    model = translator.model.double()
    held_out = [pair.source for pair in translation.load().test[::80]]
    sentences = [tuple(sentence.split()) for sentence in SENTENCES] + held_out
    numbers = [translator.source_vocabulary.encode(sentence) for sentence in sentences]
    shape = translator_attention().view.shape
    for source, written in zip(
        numbers, translations(sent(CHECKPOINT), shape, numbers), strict=True
    ):
        logits, weights = cross_weights(model, source, written)
        assert [step["word"] for step in written] == logits.argmax(-1).tolist()
        page = torch.tensor([step["cross"] for step in written], dtype=torch.float64)
        torch.testing.assert_close(page, weights, rtol=0, atol=1e-6)


@pytest.mark.parametrize("sentence", [0, 8])
def test_the_first_picture_is_what_the_page_computes_itself(sentence):
    view = translator_attention(sentence=sentence).view
    translator = in_the_page()[0]
    source = translator.source_vocabulary.encode(view.sentences[sentence])
    (written,) = translations(sent(CHECKPOINT), view.shape, [source])
    assert written.pop()["word"] == EOS
    assert [view.target_words[step["word"]] for step in written] == [
        step["word"] for step in view.example
    ]
    computed = torch.tensor([step["cross"] for step in written])
    shown = torch.tensor([step["cross"] for step in view.example])
    torch.testing.assert_close(computed, shown, rtol=0, atol=1e-4)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("head", [0, 1, 4])
def test_a_map_is_one_head_or_the_average_of_all(javascript, layer, head):
    example = translator_attention().view.example
    maps = torch.tensor([step["cross"] for step in example])[:, layer]  # (T, H, S)
    expected = maps.mean(dim=1) if head == 0 else maps[:, head - 1]
    given = javascript("translator_attention.js", "weightsOf", example, layer, head)
    torch.testing.assert_close(torch.tensor(given), expected, rtol=0, atol=1e-6)


def test_moving_a_word_keeps_all_the_others_in_order(javascript):
    words = ["the", "cat", "sat", "down"]
    assert javascript("order.js", "moved", words, 0, 2) == [
        "cat", "sat", "the", "down",
    ]  # fmt: skip
    assert javascript("order.js", "moved", words, 3, 0) == [
        "down", "the", "cat", "sat",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"step": 0}, "step must lie between 1 and 8, got 0"),
     ({"step": 9}, "step must lie between 1 and 8, got 9"),
     ({"layer": 2}, "layer must lie between 0 and 1, got 2"),
     ({"head": 4}, "head must lie between 0 and 3, got 4"),
     ({"sentence": 11}, "sentence must lie between 0 and 10, got 11")],
)  # fmt: skip
def test_what_is_not_there_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        translator_attention(**choice)
