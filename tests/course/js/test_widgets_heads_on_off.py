"""The page's translator without some heads: the same words and maps as in PyTorch."""

import json
import subprocess

import pytest
import torch
from safetensors.torch import save_file

from attnlib import record_attention
from attnlib.inspect.ablation import head_counts, heads_off
from attnlib.models.transformer import Transformer
from course.data.vocabulary import BOS, EOS
from course.widgets import heads_on_off
from course.widgets._assets import STATIC
from course.widgets.translator import CHECKPOINT, SENTENCES, in_the_page
from tests.course.js.conftest import HERE, node, sent

SPECIALS = {"bos": BOS, "eos": EOS}
CHOICES = [
    {},
    {"decoder.1.cross_attention": [2]},
    {"encoder.1.self_attention": [2]},
    {"decoder.0.self_attention": [0, 3], "decoder.1.self_attention": [1]},
    {
        "encoder.0.self_attention": [0, 1, 2, 3],
        "decoder.0.cross_attention": [0, 1, 2, 3],
        "decoder.1.cross_attention": [1],
    },
]


def runs(file, shape, cases):
    """What the page writes in each case, and its maps."""
    question = json.dumps({"shape": shape, "cases": cases, "specials": SPECIALS})
    command = [node(), "--no-warnings", HERE / "heads_off.mjs", STATIC, file, question]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def expected(model, source, words, off):
    """PyTorch's next words, and its maps while it is told to write `words`."""
    target = torch.tensor([[BOS, *words]])
    with heads_off(model, off), record_attention(model) as maps, torch.no_grad():
        logits = model(torch.tensor([source]), None, target)
    return logits[0].argmax(-1).tolist(), {name: maps[name].weights[0] for name in maps}


def agrees(model, source, off, page, tolerance):
    following, maps = expected(model, source, page["words"], off)
    rows = len(page["maps"]["decoder.0.self_attention"][0])  # fewer when the page had to stop
    assert following[:rows] == [*page["words"], EOS][:rows]
    assert set(page["maps"]) == set(maps)
    for name, heads in page["maps"].items():
        for head, lines in enumerate(heads):
            for row, line in enumerate(lines):
                seen = maps[name][head, row, : len(line)]
                given = torch.tensor(line, dtype=torch.float64)
                torch.testing.assert_close(given, seen, rtol=0, atol=tolerance)


@pytest.mark.parametrize("pre_norm", [False, True])
@pytest.mark.parametrize("off", CHOICES)
def test_heads_off_in_the_page_are_heads_off_in_pytorch(tmp_path, pre_norm, off):
    torch.manual_seed(0)
    model = Transformer(20, 30, size=16, heads=4, layers=2, hidden=24, pre_norm=pre_norm)
    model = model.half().double().eval()
    file = tmp_path / "model.safetensors"
    save_file({name: weight.half() for name, weight in model.state_dict().items()}, file)
    shape = {"heads": 4, "layers": 2, "preNorm": pre_norm}
    source = [5, 19, 7, 4, 4]
    (page,) = runs(file, shape, [{"source": source, "off": off}])
    agrees(model, source, off, page, 1e-10)


def test_every_head_off_by_itself_writes_what_pytorch_writes():
    translator = in_the_page()[0]
    model, encode = translator.model.double(), translator.source_vocabulary.encode
    single = [{name: [head]} for name, count in head_counts(model).items() for head in range(count)]
    sentences = [encode(sentence.split()) for sentence in SENTENCES]
    cases = [{"source": sentences[i % len(sentences)], "off": off} for i, off in enumerate(single)]
    cases += [{"source": source, "off": off} for source in sentences for off in CHOICES]
    view = heads_on_off().view
    for case, page in zip(cases, runs(sent(CHECKPOINT), view.shape, cases), strict=True):
        agrees(model, case["source"], case["off"], page, 1e-6)


def test_the_translations_shown_first_are_what_the_page_writes_itself():
    view = heads_on_off().view
    place = {word: number for number, word in enumerate(view.source_words)}
    cases = [{"source": [place[word] for word in words], "off": {}} for words in view.sentences]
    for intact, page in zip(view.intact, runs(sent(CHECKPOINT), view.shape, cases), strict=True):
        assert [view.target_words[word] for word in page["words"]] == intact


def test_all_heads_have_a_button():
    view = heads_on_off().view
    assert view.layers == list(head_counts(in_the_page()[0].model))
    assert len(view.layers) * view.shape["heads"] == 24


@pytest.mark.parametrize(
    ("before", "after", "lost", "added"),
    [
        ("le chat noir", "le chat noir", [], []),
        ("l' école", "la école", ["l'"], ["la"]),
        ("il ne nage jamais", "il nage", ["ne", "jamais"], []),
        ("un chat", "un un un chat chat", [], ["un", "un", "chat"]),
        ("un chat", "", ["un", "chat"], []),
    ],
)
def test_changed_words_are_those_outside_the_longest_common_sequence(
    javascript, before, after, lost, added
):
    before, after = before.split(), after.split()
    marks = javascript("head_switches.js", "changes", before, after)
    assert [word for word, mark in zip(before, marks["lost"], strict=True) if mark] == lost
    assert [word for word, mark in zip(after, marks["added"], strict=True) if mark] == added


def test_switching_a_head_twice_changes_nothing(javascript):
    once = javascript("head_switches.js", "switched", {"a": [2]}, "a", 0)
    assert once == {"a": [0, 2]}
    assert javascript("head_switches.js", "switched", once, "a", 0) == {"a": [2]}
    assert javascript("head_switches.js", "switched", {"a": [2], "b": [1]}, "a", 2) == {"b": [1]}


def test_a_layer_is_switched_off_whole_and_back_on(javascript):
    off = javascript("head_switches.js", "switchedLayer", {"a": [1]}, "a", 3)
    assert off == {"a": [0, 1, 2]}
    assert javascript("head_switches.js", "switchedLayer", off, "a", 3) == {}


def test_the_line_of_python_does_what_the_buttons_do(javascript):
    off = {"decoder.1.cross_attention": [0, 2], "encoder.0.self_attention": [3]}
    layers = ["encoder.0.self_attention", "encoder.1.self_attention", "decoder.1.cross_attention"]
    line = javascript("head_switches.js", "inPython", off, layers)
    assert eval(line.removeprefix("with heads_off(model, ").removesuffix("):")) == off


@pytest.mark.parametrize(
    ("off", "lost", "added", "words"),
    [
        ({}, [], [], "All heads are on."),
        ({"a": [1]}, [False, False], [False, False], "1 head off: not a word changes."),
        ({"a": [0, 1]}, [True, False], [True], "2 heads off: 1 of 2 words lost, 1 new."),
    ],
)
def test_the_verdict_counts_words(javascript, off, lost, added, words):
    assert javascript("head_switches.js", "verdict", off, lost, added) == words


@pytest.mark.parametrize("sentence", [-1, len(SENTENCES)])
def test_a_sentence_that_is_not_there_is_refused(sentence):
    with pytest.raises(ValueError, match=f"between 0 and 10, got {sentence}"):
        heads_on_off(sentence)


def test_a_notebook_keeps_the_call_and_a_picture():
    kept = heads_on_off(1)._repr_mimebundle_()
    assert kept["text/plain"] == "heads_on_off(sentence=1)"
    assert kept["text/html"].startswith("<svg ")
