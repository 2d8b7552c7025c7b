"""your_own_attention: every number is attnlib's, and is what it is said to come from."""

import math
import re
from itertools import product

import pytest
import torch

from attnlib import attention, masks, scores
from attnlib.layout import merge_heads
from attnlib.normalizers import hard, sigmoid, softmax, sparsemax
from course.widgets import your_own_attention
from course.widgets._your_own_attention import MASKS, NORMALIZERS, SCORES, TEXT, looks, vectors_of
from course.widgets.own_vectors import drawn, trained_vectors
from course.widgets.translator import trained

VIEW = "your_own_notes.js"
NUMBERS = "your_own_numbers.js"
TRACE = "your_own_trace.js"
WORDS = TEXT.split()
HIDDEN = [0, 3]
HARD = 3  # its place among the normalizers


def additive(size):
    score = scores.Additive(size, size, hidden_size=size).double()
    for weights in (score.query.weight, score.key.weight):
        torch.nn.init.eye_(weights)
    torch.nn.init.ones_(score.combine.weight)
    return score


def score_of(index, size):
    plain = (scores.dot, scores.scaled_dot, scores.Cosine(), scores.GaussianKernel())
    return (*plain, additive(size))[index]


def mask_of(index, width):
    hidden = masks.Rule(lambda _, k: ~torch.isin(k, torch.tensor(HIDDEN)))
    return (None, masks.Causal(), masks.Window(width), hidden)[index]


def normalizer_of(index, temperature):
    tempered = lambda seen, allowed=None: softmax(seen / temperature, allowed)  # noqa: E731
    return (tempered, sparsemax, sigmoid, hard)[index]


def numbers(count, heads, size, seed=0):
    """Query, key and value on the grid of a tenth, as (3, 1, H, T, D) and as [head][kind]."""
    made = torch.Generator().manual_seed(seed)
    shape = (3, 1, heads, count, size)
    kinds = torch.randint(-50, 51, shape, generator=made).double() / 10
    return kinds, kinds[:, 0].transpose(0, 1).tolist()


CASES = list(product(range(len(SCORES)), range(len(MASKS)), range(len(NORMALIZERS))))


@pytest.mark.parametrize(("heads", "size", "temperature"), [(1, 2, 1.0), (4, 4, 0.1), (3, 3, 10.0)])
def test_every_choice_computes_what_attnlib_computes(javascript, heads, size, temperature):
    kinds, page = numbers(5, heads, size)
    for score, mask, normalizer in CASES:
        how = {"score": score, "mask": mask, "normalizer": normalizer, "temperature": temperature}
        said = javascript(NUMBERS, "attendAll", page, how | {"width": 2, "hidden": HIDDEN})
        rule = mask_of(mask, 2)
        allowed = torch.ones(5, 5).bool() if rule is None else rule.dense(5)[0, 0]
        with torch.no_grad():
            seen = attention(
                *kinds,
                score=score_of(score, size),
                mask=rule,
                normalize=normalizer_of(normalizer, temperature),
            )
            given = {
                name: torch.tensor([[row[name] for row in rows] for rows in said["heads"]])
                for name in ("scores", "weights", "allowed")
            }
            assert (given["allowed"] == allowed).all(), how
            agree(given["scores"][:, allowed], seen.scores[0][:, allowed], how)
            agree(given["weights"], seen.weights[0], how)
            agree(said["outputs"], merge_heads(seen.output)[0], how)


def agree(given, expected, how=""):
    given = torch.as_tensor(given, dtype=torch.float64)
    torch.testing.assert_close(given, expected, rtol=1e-6, atol=1e-6, msg=lambda m: f"{how}: {m}")


def test_who_is_hidden_everywhere_gets_nothing(javascript):
    _, page = numbers(2, 1, 2)
    for normalizer in range(len(NORMALIZERS)):
        how = {"score": 1, "mask": 3, "normalizer": normalizer, "temperature": 1, "width": 1}
        said = javascript(NUMBERS, "attendAll", page, how | {"hidden": [0, 1]})
        assert said["outputs"] == [[0, 0], [0, 0]]


@pytest.mark.parametrize("word", ["the", "Cat", "ß", "naïve", "猫", "🐈", "__proto__", "<img>"])
def test_numbers_of_any_letters_are_the_same_in_both_languages(javascript, word):
    for head, kind, place in ((0, 0, 0), (3, 2, 3), (1, 1, 2)):
        said = javascript(NUMBERS, "drawn", word, head, kind, place)
        assert said == drawn(word, head, kind, place)
        assert said in [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2]


def test_the_first_picture_is_attnlibs(javascript):
    state = {"words": WORDS, "heads": 4, "size": 4, "source": 0, "edits": []}
    page = javascript(NUMBERS, "vectorsOf", state)
    agree(page, torch.stack(vectors_of(WORDS, 4, 4, trained=False))[:, 0].transpose(0, 1))
    shown = javascript(NUMBERS, "attendAll", page, {"score": 1, "mask": 0, "normalizer": 0})
    weights = [[row["weights"] for row in rows] for rows in shown["heads"]]
    agree(weights, looks(WORDS, 4, 4, trained=False))


def test_the_table_has_each_word_in_its_place(javascript):
    view = your_own_attention(trained=True).view
    words, table = trained_vectors()
    for word in ("cat", "Cat,", words[0], words[-1]):
        for place in ((0, 0, 0), (3, 2, 3), (2, 1, 0)):
            number = javascript(
                NUMBERS, "trainedTable", words, view.table, then=["number", word, *place]
            )
            row = table[words.index(word.lower().strip(","))]
            assert number == pytest.approx(row[place].item())
    unknown = javascript(NUMBERS, "trainedTable", words, view.table, then=["number", "x", 0, 0, 0])
    assert unknown == 0


def test_the_table_keeps_most_of_what_the_heads_tell_apart():
    _, model = trained()
    layer, embedding = model.encoder[0].self_attention, model.source_embedding.table[4:]
    with torch.no_grad():
        states = embedding * embedding.shape[1] ** 0.5
        query, key = (
            project(states)[None].unflatten(-1, (4, -1)).transpose(1, 2)
            for project in (layer.query, layer.key)
        )
        full = scores.scaled_dot(query, key, None)[0].double()
    _, table = trained_vectors()
    kept = table[:, :, 0].transpose(0, 1) @ table[:, :, 1].transpose(0, 1).mT / 2
    full = full - full.mean(dim=-1, keepdim=True)
    lost = (kept - full).square().sum(dim=(1, 2)) / full.square().sum(dim=(1, 2))
    assert lost.max() < 0.35


def test_a_moved_number_stands_in_its_place_and_nowhere_else(javascript):
    state = {"words": WORDS, "heads": 2, "size": 3, "source": 0, "edits": []}
    plain = torch.tensor(javascript(NUMBERS, "vectorsOf", state))
    edits = [[0, 1, 2, 1, 0, -37], [1, 0, 0, 0, 0, 50], [0, 3, 0, 0, 0, 50], [0, 0, 11, 0, 0, 50]]
    moved = torch.tensor(javascript(NUMBERS, "vectorsOf", state | {"edits": edits}))
    assert (moved != plain).nonzero().tolist() == [[1, 1, 2, 0]]
    assert moved[1, 1, 2, 0] == pytest.approx(-3.7)


@pytest.mark.parametrize(
    "wrong",
    [
        *("", 1, None, {}, [0, 0, 0, 0, 0, 0], [[0, 0, 0, 0, 0]], [["0", 0, 0, 0, 0, 0]]),
        *([[0, 0, 0, 0, 0, 51]], [[0, 0, 0, 0, 0, 0.5]], [[2, 0, 0, 0, 0, 0]], [[0] * 6] * 601),
        *([[0, 4, 0, 0, 0, 0]], [[0, 0, 12, 0, 0, 0]], [[0, 0, 0, 3, 0, 0]], [[0, 0, 0, 0, 4, 0]]),
    ],
)
def test_edits_that_no_slider_makes_are_none(javascript, wrong):
    assert javascript(NUMBERS, "areEdits", wrong) is False
    assert javascript(NUMBERS, "areEdits", [[1, 3, 11, 2, 3, -50]]) is True


def plain(parts):
    return "".join(part if isinstance(part, str) else part[1] for part in parts)


def value_of(told):
    """What an expression as the page writes it comes to."""
    told = told.replace("−", "-").replace("·", "*").replace(")²", ")**2")
    told = re.sub(r"√(\d+)", r"math.sqrt(\1)", told)
    return eval(told, {"math": math, "tanh": math.tanh, "exp": math.exp, "max": max})


@pytest.mark.parametrize("score", range(len(SCORES)))
def test_a_score_is_said_to_come_from_numbers_that_give_it(javascript, score):
    query, key = [0.5, -1.5, 2.0], [-0.3, 1.0, 0.4]
    given = {"score": score, "query": query, "key": key}
    result = javascript(NUMBERS, "scored", score, query, key)["score"]
    told = plain(javascript(TRACE, "scoreNumbers", given))
    for equation in told.split("; "):
        sides = [value_of(side) for side in equation.split(" = ")]
        assert max(sides) - min(sides) < 0.02, told
    assert sides[-1] == pytest.approx(result, abs=0.005)


@pytest.mark.parametrize("temperature", [1, 0.5, 0.1])
@pytest.mark.parametrize("normalizer", range(len(NORMALIZERS)))
def test_a_weight_is_said_to_come_from_numbers_that_give_it(javascript, normalizer, temperature):
    allowed, row = [True, True, False, True], [1.2, -0.3, 2.0, 0.9]
    how = {"score": 1, "mask": 0, "normalizer": normalizer, "temperature": temperature}
    normalize = normalizer_of(normalizer, temperature)
    weights = normalize(torch.tensor(row).double(), torch.tensor(allowed)).tolist()
    seen = {"scores": row, "allowed": allowed, "weights": weights}
    for key in (0, 1, 3):
        told = javascript(TRACE, "weightNumbers", how, seen, key)
        if normalizer == HARD:
            assert told.endswith(f"so {weights[key]:.3f}")
            continue
        for equation in told.replace("Σ = ", "").split("; "):
            sides = [value_of(side) for side in equation.split(" = ")]
            assert max(sides) - min(sides) < 0.01 * max(1, max(sides)), told
        assert sides[-1] == pytest.approx(weights[key], abs=0.0005)
    hidden = javascript(TRACE, "weightNumbers", how, seen, 2)
    assert hidden == "0: the mask hides this key"


def test_huge_scores_are_told_less_the_largest(javascript):
    how = {"score": 0, "mask": 0, "normalizer": 0, "temperature": 0.1}
    seen = {"scores": [90, 80], "allowed": [True, True], "weights": [1, 0]}
    told = javascript(TRACE, "weightNumbers", how, seen, 1)
    assert told.startswith("exp(80.00 / 0.10 − 900.00) = 0.000; Σ = 1.000 + 0.000 = 1.000")


def test_an_output_is_said_to_be_the_sum_it_is(javascript):
    values = [[0.5, -1.5], [2.0, 0.3], [-0.7, 1.0]]
    told = plain(javascript(TRACE, "outputNumbers", [0.2, 0.7, 0.1], values, 1))
    left, right = told.split(" = ")
    assert left == "0.200 · (−1.5) + 0.700 · 0.3 + 0.100 · 1.0"
    assert value_of(left) == pytest.approx(value_of(right), abs=1e-9)


def test_the_state_is_said_in_words(javascript):
    row = {"scores": [1, 2], "allowed": [True, False], "weights": [1, 0], "output": [0.5, 0]}
    state = {"names": ["a", "b"], "word": 0, "row": row, "how": {"mask": 1}}
    state |= {"head": 0, "heads": 1}
    said = javascript(VIEW, "describe", state | {"part": 1, "key": 1, "place": 0})
    assert (
        said
        == "“a” looks most at “a” (1.000). Lit: the weight of “b” is 0.000, hidden by the mask."
    )
    nobody = row | {"weights": [0, 0]}
    said = javascript(VIEW, "describe", state | {"row": nobody, "part": 2, "key": 1, "place": 0})
    assert said.startswith("“a” looks at nobody, and its output is 0.")
    alike = row | {"weights": [0.5, 0.5], "allowed": [True, True]}
    said = javascript(VIEW, "describe", state | {"row": alike, "part": 2, "key": 1, "place": 0})
    assert said == "“a” looks at 2 words alike (0.500). Lit: output 1 is 0.50."


def test_a_word_on_the_screen_is_short_and_turns_nothing_around(javascript):
    assert javascript(NUMBERS, "shortened", "\u202ecat\u0000") == "·cat·"
    assert javascript(NUMBERS, "shortened", "a" * 30) == "a" * 13 + "…"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": ""}, "the number of words must lie between 1 and 12, got 0"),
        ({"text": "a " * 13}, "the number of words must lie between 1 and 12, got 13"),
        ({"heads": 5}, "heads must lie between 1 and 4, got 5"),
        ({"size": 1}, "size must lie between 2 and 4, got 1"),
        ({"word": 6}, "word must lie between 0 and 5, got 6"),
    ],
)
def test_what_no_control_reaches_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        your_own_attention(**wrong)
