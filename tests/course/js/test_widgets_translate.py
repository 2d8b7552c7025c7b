"""A reader's own sentence in the page: the same words, logits and weights as in PyTorch."""

import json
import random
import subprocess

import pytest
import torch

from attnlib.inspect.ablation import heads_off
from attnlib.masks import Padding
from course.data import translation
from course.data.translation import detokenize_target, tokenize_source
from course.data.vocabulary import BOS, EOS
from course.translation.beam import beam_search
from course.widgets import translate
from course.widgets._assets import STATIC
from course.widgets.translator import CHECKPOINT, in_the_page
from tests.course.js.conftest import HERE, node, sent

SPECIALS = {"bos": BOS, "eos": EOS}


@pytest.fixture(scope="module")
def translator():
    return in_the_page()[0]


@pytest.fixture(scope="module")
def held_out():
    return [pair.source for pair in translation.load().test[::4]]


def answers(cases):
    """What the page's own functions make of each case."""
    question = json.dumps({"shape": translate().view.shape, "specials": SPECIALS, "cases": cases})
    command = [node(), "--no-warnings", HERE / "own_text.mjs", STATIC, sent(CHECKPOINT), question]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_500_held_out_sentences_are_written_word_for_word_as_in_pytorch(translator, held_out):
    assert len(held_out) == 500
    encode = translator.source_vocabulary.encode
    page = answers([{"source": encode(words), "logits": "none"} for words in held_out])
    expected = translator.greedy(held_out)
    for told, words in zip(page, expected, strict=True):
        written = [step["word"] for step in told if step["word"] != EOS]
        assert translator.target_vocabulary.decode(written) == words


@torch.no_grad()
def test_logits_are_those_of_pytorch_to_a_thousandth(translator, held_out):
    some = [translator.source_vocabulary.encode(words) for words in held_out[::10]]
    model = translator.model.eval()
    for source, steps in zip(
        some, answers([{"source": source, "logits": "all"} for source in some]), strict=True
    ):
        target = torch.tensor([[BOS, *(step["word"] for step in steps[:-1])]])
        expected = model(torch.tensor([source]), None, target)[0]
        given = torch.tensor([step["logits"] for step in steps])
        torch.testing.assert_close(given, expected, rtol=0, atol=1e-3)


def test_beam_search_finds_what_it_finds_in_pytorch(translator, held_out):
    longer = [pair.source for pair in translation.load().longer[::50]]
    sentences = [*held_out[::12], *longer][:50]
    assert len(sentences) == 50
    encode = translator.source_vocabulary.encode
    page = answers([{"source": encode(words), "width": 4} for words in sentences])
    for words, told in zip(sentences, page, strict=True):
        expected = beam_search(translator, words, width=4)
        for one, other in zip(told["beam"], expected, strict=True):
            assert translator.target_vocabulary.decode(one["words"]) == list(other.words)
            assert one["score"] == pytest.approx(other.score(0.6), abs=1e-3)
        written = [step["word"] for step in told["steps"] if step["word"] != EOS]
        assert written == told["beam"][0]["words"]


def test_the_example_is_what_the_page_computes_itself(translator):
    view = translate("the old queen went to the castle").view
    (page,) = answers([{"source": translator.source_vocabulary.encode(view.example["source"])}])
    names = [*translator.target_vocabulary.words]
    names[EOS] = "end"
    for told, shown in zip(page["steps"], view.example["steps"], strict=True):
        assert names[told["word"]] == shown["word"]
        assert names[told["top"][0][0]] == shown["top"][0][0]
        assert told["top"][0][1] == pytest.approx(shown["top"][0][1], abs=1e-4)
        for key in ("self", "cross"):
            torch.testing.assert_close(
                torch.tensor(told[key]).float(), torch.tensor(shown[key]).float(), rtol=0, atol=1e-4
            )
    encoder = torch.tensor(view.example["encoder"])
    torch.testing.assert_close(torch.tensor(page["encoder"]), encoder, rtol=0, atol=1e-4)


@torch.no_grad()
def test_a_word_without_weight_everywhere_is_a_word_behind_the_mask(translator, held_out):
    """PyTorch hides the last English word from the French ones as if it were padding."""
    some = held_out[5:15]
    sources = [translator.source_vocabulary.encode(words) for words in some]
    cases = [
        {"source": source, "edits": [[0, -1, -1, -1, len(source) - 1, 0]]} for source in sources
    ]
    changed = 0
    for source, told in zip(sources, answers(cases), strict=True):
        words = [step["word"] for step in told["steps"]]
        states, _ = translator.model.encode(torch.tensor([source]))
        padding = Padding(torch.tensor([len(source) - 1]))
        target = torch.tensor([[BOS, *words[:-1]]])
        hidden = translator.model.decode(target, (states, padding))[0].argmax(dim=-1).tolist()
        assert words == hidden
        plain = translator.model.decode(target, (states, None))[0].argmax(dim=-1).tolist()
        changed += plain != words
    assert changed > 3


def test_heads_off_write_what_they_write_in_pytorch(translator, held_out):
    off = {"decoder.1.cross_attention": [2], "encoder.0.self_attention": [0, 1]}
    some = held_out[:6]
    encode = translator.source_vocabulary.encode
    page = answers([{"source": encode(words), "off": off} for words in some])
    with heads_off(translator.model, off):
        expected = translator.greedy(some)
    for told, words in zip(page, expected, strict=True):
        written = [step["word"] for step in told["steps"] if step["word"] != EOS]
        assert translator.target_vocabulary.decode(written) == words


def test_an_edit_holds_where_it_says_and_nowhere_else(translator):
    source = translator.source_vocabulary.encode(["the", "cat", "sat", "on", "the", "mat"])
    plain, edited = answers(
        [{"source": source}, {"source": source, "edits": [[0, 1, 2, 3, 1, 0.75]]}]
    )
    for place, (before, after) in enumerate(zip(plain["steps"], edited["steps"], strict=False)):
        for layer, heads in enumerate(after["cross"]):
            for head, row in enumerate(heads):
                assert sum(row) == pytest.approx(1)
                if (layer, head, place) == (1, 2, 3):
                    assert row[1] == pytest.approx(0.75)
                elif place < 3 or (place == 3 and layer == 0):
                    assert row == before["cross"][layer][head]


@pytest.mark.parametrize(
    ("weights", "given", "expected"),
    [
        ([0.5, 0.3, 0.2], {}, [0.5, 0.3, 0.2]),
        ([0.5, 0.3, 0.2], {0: 0}, [0, 0.6, 0.4]),
        ([0.5, 0.3, 0.2], {0: 0.9}, [0.9, 0.06, 0.04]),
        ([0.5, 0.3, 0.2], {0: 1, 1: 1}, [0.5, 0.5, 0]),
        ([1, 0, 0], {0: 0.5}, [1, 0, 0]),
        ([1, 0, 0], {0: 0}, [0, 0, 0]),
    ],
)
def test_other_weights_make_room(translator, weights, given, expected):
    code = (
        f"import('file://{STATIC}/edits.js').then(({{ reweighted }}) => console.log(JSON.stringify("
        f"reweighted({json.dumps(weights)}, new Map({json.dumps([*map(list, given.items())])})))))"
    )
    told = subprocess.check_output([node(), "--no-warnings", "-e", code], text=True)
    assert json.loads(told) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    [
        "The cat didn't sit on the mat.",
        "It’s the king's cat; she can't swim!",
        "There's “a cat” … won't he? That's HER'S",
        "cannot doesn'table it'sy  \t\n x",
        "n't 's (a)",
    ],
)
def test_a_sentence_is_taken_apart_as_in_python(javascript, text):
    assert javascript("sentence.js", "wordsOf", text) == list(tokenize_source(text))


def test_random_sentences_are_taken_apart_as_in_python(javascript):
    draw = random.Random(0)
    parts = [
        "'s",
        "n't",
        "it",
        "he",
        "can",
        "not",
        "’",
        " ",
        ".",
        "é",
        "_",
        "3",
        "<b>",
        "A",
        "won't",
    ]
    for _ in range(300):
        text = "x" + "".join(draw.choices(parts, k=draw.randint(1, 12)))
        assert javascript("sentence.js", "wordsOf", text) == list(tokenize_source(text)), text


def test_french_words_become_text_as_in_python(javascript):
    for words in (["le", "chat", "s'", "est", "assis"], ["l'", "école"], []):
        assert javascript("sentence.js", "textOf", words) == detokenize_target(words)


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        ("cat", "cat", 0),
        ("cat", "cats", 1),
        ("cta", "cat", 1),
        ("kitten", "sitting", 3),
        ("", "ab", 2),
    ],
)
def test_the_distance_counts_letters(javascript, one, other, far):
    assert javascript("sentence.js", "distance", one, other) == far
    assert javascript("sentence.js", "distance", other, one) == far


def test_the_nearest_known_words_are_offered(javascript):
    known = translate().view.source_words[4:]
    assert javascript("sentence.js", "nearest", "blakc", known)[0] == "black"
    assert javascript("sentence.js", "nearest", "catt", known)[:2] == ["cat", "cats"]
    assert javascript("sentence.js", "nearest", "xyzzyplugh", known) == []


@pytest.mark.parametrize(
    ("value", "well"),
    [
        ([], True),
        ([[0, 1, 2, 3, 1, 0.75]], True),
        ([[0, -1, -1, -1, 0, 0]], True),
        ([[0, 2, 0, 0, 0, 0]], False),
        ([[3, 0, 0, 0, 0, 0]], False),
        ([[-1, 0, 0, 0, 0, 0]], False),
        ([[0, 0, 4, 0, 0, 0]], False),
        ([[0, 0, 0, 0, -1, 0]], False),
        ([[0, 0, 0, 0, 0, 1.5]], False),
        ([[0, 0, 0, 0, 0, None]], False),
        ([[0, 0, 0, 0, 0, "0"]], False),
        ([[0, 0, 0, 0, 0]], False),
        ("[[]]", False),
        ({"length": 0}, False),
        ([[0, 0, 0, 0, 0, 0]] * 201, False),
    ],
)
def test_what_is_no_edit_is_refused(javascript, value, well):
    assert javascript("edits.js", "areEdits", value, {"layers": 2, "heads": 4}) is well


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"word": 9}, "word must lie between -6 and 8, got 9"),
        ({"layer": 2}, "layer must lie between 0 and 1, got 2"),
        ({"head": 4}, "head must lie between 0 and 3, got 4"),
        ({"sentence": 11}, "sentence must lie between 0 and 10, got 11"),
        ({"text": "a purple cat"}, "purple"),
    ],
)
def test_what_is_not_there_is_refused(how, words):
    with pytest.raises(ValueError, match=words):
        translate(**how)


@pytest.mark.parametrize(
    ("text", "edits", "french"),
    [
        ("the cat sat on the mat", [[0, 1, -1, 1, 5, 1]], "le tapis s' est assis sur le tapis"),
        (
            "the black cat sat on the mat",
            [[0, 1, -1, 1, 2, 0]],
            "le noir s' est assis sur le tapis",
        ),
        (
            "the black cat sat on the mat",
            [[0, -1, -1, -1, 2, 0]],
            "le tapis noir s' est assis sur le tapis",
        ),
        (
            "the black cat sat on the mat",
            [[0, 1, -1, 8, 2, 1]],
            "le chat noir s' est assis sur le chat",
        ),
        (
            "the old queen went to the castle",
            [[0, -1, -1, -1, 2, 0]],
            "la vieille vieille vieille château",
        ),
        (
            "the old queen went to the castle",
            [[1, -1, -1, -1, 2, 0]],
            "le vieille reine est allé au château",
        ),
    ],
)
def test_what_the_pages_say_of_changed_weights_happens(translator, text, edits, french):
    (told,) = answers(
        [{"source": translator.source_vocabulary.encode(text.split()), "edits": edits}]
    )
    written = [step["word"] for step in told["steps"] if step["word"] != EOS]
    assert " ".join(translator.target_vocabulary.decode(written)) == french
