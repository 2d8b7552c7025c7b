"""The tour: every number on the way is PyTorch's, and what it is said to be the sum of."""

import json
import subprocess

import pytest
import torch
from torch import nn

from attnlib import record_attention
from course.data.vocabulary import EOS
from course.widgets import tour
from course.widgets._assets import STATIC
from course.widgets._tour import STEPS
from course.widgets.translator import CHECKPOINT, SENTENCES, in_the_page
from tests.course.js.conftest import HERE, node, sent

CHOSEN = [
    {"word": 0, "key": 0, "head": 0, "place": 0, "past": 0, "number": 0},
    {"word": 1, "key": 4, "head": 3, "place": 2, "past": 1, "number": 23},
    {"word": 3, "key": 2, "head": 2, "place": 4, "past": 4, "number": 11},
]
FOLLOWED = [  # in each step, what is offered
    ["learned"],
    ["listed"],
    ["x"],
    ["query", "key"],
    ["score", "query", "key"],
    ["weight", "score"],
    ["value", "mixed"],
    ["mixed", "output"],
    ["x", "output", "summed", "normed"],
    ["normed", "hidden", "answer", "summed", "next"],
    ["weight", "next"],
    ["weight", "score"],
    ["weight", "score"],
    ["chance", "logit"],
    ["whole", "x"],
]


@pytest.fixture(scope="module")
def translator():
    return in_the_page()[0]


@pytest.fixture(scope="module")
def answers(translator):
    """What the tour says of each prepared sentence, with each choice of what to follow."""
    encode = translator.source_vocabulary.encode
    cases = [
        {"source": encode(sentence.split()), **chosen}
        for sentence in SENTENCES
        for chosen in CHOSEN
    ]
    view = tour().view
    known = {"shape": view.shape, "specials": view.specials, "list": view.source_words}
    question = json.dumps({**known, "cases": cases})
    command = [node(), "--no-warnings", HERE / "tour.mjs", STATIC, sent(CHECKPOINT), question]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return list(zip(cases, told, strict=True))


@pytest.fixture(scope="module")
def layers(translator, answers):
    """What PyTorch's layers give for each case, by the layers' names."""
    model = translator.model.eval()
    return [recorded(model, case["source"], told["target"]) for case, told in answers]


@torch.no_grad()
def recorded(model, source, target):
    found = {}
    hooks = [
        part.register_forward_hook(lambda _, __, out, name=name: found.update({name: out}))
        for name, part in model.named_modules()
        if isinstance(part, nn.Linear | nn.LayerNorm)
    ]
    with record_attention(model) as maps:
        found["logits"] = model(torch.tensor([source]), None, torch.tensor([target]))
        found |= {f"{name} weights": kept.weights for name, kept in maps.items()}
        found |= {f"{name} scores": kept.scores for name, kept in maps.items()}
    for hook in hooks:
        hook.remove()
    return {name: out[0] for name, out in found.items()}


def test_each_step_offers_its_numbers(answers):
    for _, told in answers:
        assert [list(lines) for lines in told["numbers"]] == FOLLOWED


def test_a_number_is_what_its_terms_come_to(answers):
    for case, told in answers:
        for place, lines in enumerate(told["numbers"], start=1):
            for line, number in lines.items():
                assert number["worked"] == pytest.approx(number["value"], abs=1e-9), (place, line)
                assert number["drawn"] in (None, number["value"]), (place, line, case)


@torch.no_grad()
def test_every_number_is_that_of_pytorch(translator, answers, layers):
    for (case, told), found in zip(answers, layers, strict=True):
        for (step, line), expected in numbers(translator, case, told, found).items():
            value = told["numbers"][step - 1][line]["value"]
            assert value == pytest.approx(float(expected), abs=1e-4), (step, line, case)


def numbers(translator, case, told, found):
    """What PyTorch has for each number that the tour works out, by step and line."""
    word, key, head, place, past, n = (case[name] for name in CHOSEN[0])
    at = head * 24 + n  # of the numbers of all heads
    first, wide = "encoder.0.self_attention", "encoder.0.feed_forward"
    value = found[f"{first}.value"]
    weights = found[f"{first} weights"]
    vectors = {
        side: embedding(torch.tensor([words]))[0, place, n]
        for side, embedding, words, place in (
            ("x", translator.model.source_embedding, case["source"], word),
            ("again", translator.model.target_embedding, told["target"], place),
        )
    }
    output, normed = found[f"{first}.output"][word, n], found[f"{first}_residual.norm"][word, n]
    answer = found[f"{wide}.2"][word, n]
    across, back = "decoder.1.cross_attention", "decoder.0.self_attention"
    chances = found["logits"].softmax(dim=-1).max(dim=-1).values
    return {
        (1, "learned"): sum(one.numel() for one in translator.model.parameters()),
        (2, "listed"): case["source"][word],
        (3, "x"): vectors["x"],
        (4, "query"): found[f"{first}.query"][word, at],
        (4, "key"): found[f"{first}.key"][key, at],
        (5, "score"): found[f"{first} scores"][head, word, key],
        (6, "weight"): weights[head, word, key],
        (7, "value"): value[key, at],
        (7, "mixed"): weights[head, word] @ value[:, at],
        (8, "mixed"): weights[n // 24, word] @ value[:, n],
        (8, "output"): output,
        (9, "x"): vectors["x"],
        (9, "summed"): vectors["x"] + output,
        (9, "normed"): normed,
        (10, "hidden"): found[f"{wide}.0"][word, n].relu(),
        (10, "answer"): answer,
        (10, "summed"): normed + answer,
        (10, "next"): found[f"{wide}_residual.norm"][word, n],
        (11, "next"): found["encoder.1.feed_forward_residual.norm"][word, n],
        (11, "weight"): found["encoder.1.self_attention weights"][head, word, key],
        (12, "weight"): found[f"{back} weights"][head, place, past],
        (12, "score"): found[f"{back} scores"][head, place, past],
        (13, "weight"): found[f"{across} weights"][head, place, key],
        (13, "score"): found[f"{across} scores"][head, place, key],
        (14, "chance"): chances[place],
        (14, "logit"): found["logits"][place].max(),
        (15, "x"): vectors["again"],
        (15, "whole"): chances.prod(),
    }


@torch.no_grad()
def test_weights_and_logits_on_the_way_are_those_of_pytorch(translator, answers):
    model = translator.model.eval()
    for case, told in answers[:: len(CHOSEN)]:
        with record_attention(model) as maps:
            logits = model(torch.tensor([case["source"]]), None, torch.tensor([told["target"]]))[0]
        given = torch.tensor(told["logits"])
        torch.testing.assert_close(given, logits, rtol=0, atol=1e-3)
        assert given.argmax(dim=-1).tolist() == [*told["target"][1:], EOS]
        kinds = {
            "encoder": "encoder.{}.self",
            "self": "decoder.{}.self",
            "cross": "decoder.{}.cross",
        }
        for key, name in kinds.items():
            for layer, heads in enumerate(told[key]):
                expected = maps[f"{name.format(layer)}_attention"].weights[0]
                for head, rows in enumerate(heads):
                    for row, weights in enumerate(rows):
                        seen = expected[head, row, : len(weights)]
                        torch.testing.assert_close(
                            torch.tensor(weights).float(), seen, rtol=0, atol=1e-4
                        )


def test_every_step_says_and_draws_something(answers):
    for _, told in answers:
        assert len(told["drawn"]) == STEPS
        for said, strips, bars in told["drawn"]:
            assert said > 50
            assert strips + bars > 0


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"step": 0}, "step must lie between 1 and 15, got 0"),
        ({"sentence": 11}, "sentence must lie between 0 and 10, got 11"),
        ({"word": 6}, "word must lie between 0 and 5, got 6"),
    ],
)
def test_what_is_not_there_is_refused(how, words):
    with pytest.raises(ValueError, match=words):
        tour(**how)
