"""Chapter 19's judges and SmolLM2's heads: the texts are what they say, and its sentences hold."""

from collections import defaultdict
from functools import cache

import pytest
import torch

from attnlib.inspect import head_counts, heads_patched, record_attention, record_heads
from attnlib.models.llama import Llama
from course.language import smollm2
from course.measurements import stored
from course.measurements.chapter_19 import (
    KINDS,
    LENGTH,
    OFF,
    SEEDS,
    drawn,
    induction_heads,
    others,
)
from course.measurements.clues import (
    READINGS,
    TEXTS,
    Judge,
    by_leaving_out,
    by_rollout,
    found,
    on_clue,
    right,
    trained,
    write,
)
from course.reading.patching import COUNTRY, PAIRS, PROMPT, brought_back


def test_a_text_holds_one_clue_which_is_its_answer():
    tokens, answers, places = write(50, seed=3)
    for text, answer, place in zip(tokens, answers, places, strict=True):
        assert (text < 2).nonzero().flatten().tolist() == [place]
        assert text[place] == answer


def test_the_rollout_of_a_judge_is_its_map_over_what_was_mixed():
    torch.manual_seed(0)
    judge = Judge(mixing=True)
    with torch.no_grad():
        judge.query.normal_()
    tokens, _, _ = write(4, seed=0)
    rolled = by_rollout(judge, tokens)
    torch.testing.assert_close(rolled.sum(dim=1), torch.ones(4))
    assert not torch.allclose(rolled, READINGS["the map"](judge, tokens))


def test_a_judge_told_to_look_away_is_right_and_does_not_look():
    judge = trained(mixing=True, away=True, seed=0)
    assert right(judge) > 0.95
    assert right(judge, without_clue=True) < 0.6
    assert on_clue(judge) < 0.05
    assert found(judge, "the map") < 0.2
    assert found(judge, "word left out") > 0.95


def test_what_is_left_out_is_measured_on_the_answer_that_was_given():
    judge = trained(mixing=False, away=False, seed=1, steps=150)
    tokens, _, places = write(20, seed=5)
    lost = by_leaving_out(judge, tokens)
    assert (lost.argmax(dim=1) == places).all()
    elsewhere = torch.ones_like(lost).scatter(1, places[:, None], 0) > 0
    assert lost[elsewhere].abs().max() < lost.gather(1, places[:, None]).min()


def judged(name):
    """What a column says of each kind of judge, per seed."""
    table = stored(19)[0]
    kinds = defaultdict(list)
    for row in table.rows:
        told = dict(zip(table.columns, row, strict=True))
        kinds[told["judge"]].append(told[name])
    return kinds


def test_every_kind_has_five_seeds_and_every_share_is_of_whole_texts():
    table = stored(19)[0]
    assert [row[:2] for row in table.rows] == [[kind, seed] for kind in KINDS for seed in SEEDS]
    for name in ("right", "clue replaced", *READINGS):
        for shares in judged(name).values():
            assert all(share * TEXTS == pytest.approx(round(share * TEXTS)) for share in shares)


def test_all_judges_answer_by_the_clue_and_two_kinds_do_not_look_at_it():
    assert min(min(shares) for shares in judged("right").values()) > 0.99
    assert max(max(shares) for shares in judged("clue replaced").values()) < 0.6
    for kind, weights in judged("weight on clue").items():
        assert max(weights) < 0.1 if KINDS[kind]["away"] else min(weights) > 0.1
    for kind, shares in judged("the map").items():
        assert max(shares) < 0.05 if KINDS[kind]["away"] else min(shares) > 0.5


def test_what_else_finds_the_clue_depends_on_what_is_below():
    for name in ("weight × value norm", "gradient × attention"):
        assert min(judged(name)["plain"]) == 1.0
        assert min(judged(name)["plain, told to look away"]) > 0.45
        assert max(judged(name)["mixing, told to look away"]) == 0.0
    assert sorted(judged("weight × value norm")["plain, told to look away"])[2] < 0.55
    assert min(judged("rollout")["mixing, told to look away"]) > 0.2
    assert max(judged("rollout")["mixing, told to look away"]) < 0.7
    assert min(judged("gradient × input")["mixing, told to look away"]) > 0.85
    for kind, shares in judged("word left out").items():
        assert min(shares) >= (0.45 if kind == "plain, told to look away" else 0.99)


def surprises():
    rows = defaultdict(list)
    for kind, _, once, again in stored(19)[1].rows:
        rows[kind].append((once, again))
    return rows


def test_without_induction_heads_copying_is_lost_and_without_others_it_is_not():
    rows = surprises()
    assert {len(values) for values in rows.values()} == {len(SEEDS)}
    none, chosen, control = rows["none"], rows["10 induction heads"], rows["10 others"]
    for before, without, other in zip(none, chosen, control, strict=True):
        assert without[1] - before[1] > 3 * (other[1] - before[1])
        assert abs(without[0] - before[0]) < 0.5 * (without[1] - before[1])


def test_in_every_pair_of_countries_one_and_the_same_head_carries_the_answer():
    table = stored(19)[2]
    assert [row[0] for row in table.rows] == [f"{one[0]} for {other[0]}" for one, other in PAIRS]
    for _, best, back, weight, others_back, others_weight in table.rows:
        assert best == "23.4"
        assert back > 0.75
        assert weight > 0.85
        assert abs(others_back) < 0.05
        assert others_weight > 0.7


@cache
def smol():
    return smollm2.load()


def test_the_control_takes_as_many_heads_of_the_same_layers():
    model, _ = smol()
    chosen, control = induction_heads(model), others(model, 0)
    assert len(set(chosen)) == len(set(control)) == OFF
    assert not set(chosen) & set(control)
    assert sorted(layer for layer, _ in chosen) == sorted(layer for layer, _ in control)
    tokens = drawn(0)
    assert torch.equal(tokens[:, :LENGTH], tokens[:, LENGTH:])


class Words:
    """A tokenizer of whole words, numbered as they come."""

    def __init__(self):
        self.numbers = {}

    def encode(self, text):
        return [self.numbers.setdefault(word, len(self.numbers)) for word in text.split()]


def test_a_pass_per_layer_brings_back_what_a_head_at_a_time_does():
    torch.manual_seed(0)
    model = Llama(12, size=16, heads=4, key_heads=2, layers=3, hidden=24).double().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    tokenizer = Words()
    table = brought_back(model, tokenizer, *PAIRS[0])
    clean, other = (torch.tensor([tokenizer.encode(PROMPT.format(name))]) for name, _ in PAIRS[0])
    assert clean[0, COUNTRY] == tokenizer.numbers["France"]
    assert other[0, COUNTRY] == tokenizer.numbers["Italy"]

    def gap(tokens):
        with torch.no_grad():
            logits = model(tokens)[0, -1]
        return (logits[tokenizer.numbers["Paris"]] - logits[tokenizer.numbers["Rome"]]).item()

    with record_heads(model) as states, record_attention(model) as maps:
        whole = gap(clean)
    none = gap(other)
    assert table.gaps == pytest.approx((whole, none))
    for layer, name in enumerate(head_counts(model)):
        for head in range(4):
            with heads_patched(model, {name: {head: states[name][:, head]}}):
                back = (gap(other) - none) / (whole - none)
            assert table.shares[layer, head].item() == pytest.approx(back)
            weight = maps[name].weights[0, head, -1, COUNTRY].item()
            assert table.weights[layer, head].item() == pytest.approx(weight)
