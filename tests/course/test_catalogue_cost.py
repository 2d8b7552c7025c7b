"""What a type costs: as in its paper, as laid out here, and how it grows."""

import json
import re

import pytest

from course.catalogue import CATALOGUE
from course.catalogue.cost import cost, growth
from course.catalogue.measured import CASES, RESULTS, times
from course.catalogue.pictures import picture


@pytest.mark.parametrize(
    ("said", "paper", "here"),
    [
        ("T² · D", "T² · D", ""),
        ("T · W · D (gathered), T² · D (here)", "T · W · D (gathered)", "T² · D"),
        ("T² · D (paper), T³ (here)", "T² · D", "T³"),
        ("T · D (fused), T · W (here as a band)", "T · D (fused)", "T · W (as a band)"),
        ("T · W · D; here T² · D below 2,048 tokens", "T · W · D", "T² · D below 2,048 tokens"),
        ("T² · (A + D), A: hidden size", "T² · (A + D), A: hidden size", ""),
    ],
)
def test_a_cost_has_two_halves_where_this_library_differs(said, paper, here):
    assert cost(said) == (paper, here)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_no_half_is_left_unread(entry):
    for half in (*cost(entry.time), *cost(entry.memory)):
        assert not re.search(r"\bhere\b|\(paper\)", half), "say: T · D (paper), T² · D (here)"


@pytest.mark.parametrize(
    ("time", "grows"),
    [
        ("T² · D (turning alone: T · D)", "T²"),
        ("T · D per token", "T²"),
        ("T · (T/b + k · b) · D (gathered), T² · D (here)", "T²"),
        ("T · W · D (gathered), T² · D (here)", "T"),
        ("T · D²", "T"),
        ("T√T · D with s = √T (blocks skipped), T² · D (here)", "between"),
        ("T log T · D (sorted and gathered), T² · D (here)", "between"),
    ],
)
def test_the_growth_is_that_of_the_paper(time, grows):
    assert growth(time) == grows


def test_what_weighs_every_pair_grows_as_their_number():
    for entry in CATALOGUE:
        if entry.inputs == "query, key, value" and entry.family == "scores":
            assert (picture(entry).matrix > 0).all()
            assert growth(entry.time) == "T²"


@pytest.mark.parametrize("name", CASES)
def test_a_measured_type_has_the_times_of_the_stored_benchmark(name):
    assert name in {entry.name for entry in CATALOGUE}
    assert len(times(name)) > 1
    for length, spent in times(name):
        lines = [
            line["cpu_ms"]
            for line in json.loads(RESULTS.read_text())["lines"]
            if (line["case"], line["contender"]) == (f"{CASES[name]}, T = {length}", "attnlib")
        ]
        assert lines == [pytest.approx(spent, rel=0.05)]


def test_a_type_without_a_benchmark_has_no_times():
    assert times("Additive") == []
