"""The tour: every number on the way is PyTorch's, and what it is said to be the sum of."""

import json
import subprocess

import pytest
import torch

from attnlib import record_attention
from course.data.vocabulary import BOS, EOS
from course.widgets import tour
from course.widgets._assets import STATIC
from course.widgets._tour import STEPS
from course.widgets.translator import CHECKPOINT, SENTENCES, in_the_page
from tests.course.js.conftest import HERE, node, sent

CHOSEN = [
    {"word": 0, "key": 0, "head": 0, "place": 0, "number": 0},
    {"word": 1, "key": 4, "head": 3, "place": 2, "number": 23},
    {"word": 3, "key": 2, "head": 2, "place": 4, "number": 11},
]
KINDS = {"encoder": "encoder.{}.self", "self": "decoder.{}.self", "cross": "decoder.{}.cross"}


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
    question = json.dumps(
        {"shape": tour().view.shape, "specials": {"bos": BOS, "eos": EOS}, "cases": cases}
    )
    command = [node(), "--no-warnings", HERE / "tour.mjs", STATIC, sent(CHECKPOINT), question]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return list(zip(cases, told, strict=True))


def test_a_number_is_what_its_terms_come_to(answers):
    for case, told in answers:
        for place, (value, worked) in enumerate(told["numbers"]):
            assert worked == pytest.approx(value, abs=1e-9), (case, place)


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


def test_every_step_says_something_and_all_but_the_first_draw_something(answers):
    for _, told in answers:
        assert len(told["drawn"]) == STEPS
        for place, (said, strips, bars) in enumerate(told["drawn"]):
            assert said > 50
            assert strips + bars > 0 or place == 0


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"step": 0}, "step must lie between 1 and 14, got 0"),
        ({"sentence": 11}, "sentence must lie between 0 and 10, got 11"),
        ({"word": 6}, "word must lie between 0 and 5, got 6"),
    ],
)
def test_what_is_not_there_is_refused(how, words):
    with pytest.raises(ValueError, match=words):
        tour(**how)
