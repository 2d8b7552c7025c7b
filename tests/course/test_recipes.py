"""The attention of released models, built of attnlib's parts, is that of transformers."""

import csv
from dataclasses import replace

import pytest
import torch

from course.catalogue import CATALOGUE
from course.recipes import RECIPES
from course.recipes.__main__ import TABLE
from course.recipes.theirs import THEIRS, difference

every = pytest.mark.parametrize("recipe", RECIPES, ids=lambda one: one.ours.__name__)


@every
def test_a_recipe_equals_the_layer_of_transformers(recipe):
    assert difference(recipe) < 1e-9


def test_a_recipe_with_a_weight_changed_does_not():
    """What the difference is measured by is not blind."""

    def changed(config, weights, x):
        name = "o_proj.weight"
        return RECIPES[0].ours(config, {**weights, name: weights[name] * 1.01}, x)

    changed.__name__ = RECIPES[0].ours.__name__
    assert difference(replace(RECIPES[0], ours=changed)) > 1e-4


def test_what_a_recipe_is_made_of_stands_in_the_registry():
    known = {entry.name for entry in CATALOGUE}
    assert {name for recipe in RECIPES for name in recipe.types} <= known
    assert {recipe.ours.__name__ for recipe in RECIPES} == THEIRS.keys()


def test_the_page_shows_every_recipe_and_its_table_what_was_measured():
    page = TABLE.with_suffix(".md").read_text(encoding="utf-8")
    assert [r.ours.__name__ for r in RECIPES if f":pyobject: {r.ours.__name__}\n" not in page] == []
    rows = list(csv.reader(TABLE.read_text(encoding="utf-8").splitlines()))[1:]
    assert [row[:3] for row in rows] == [[r.model, r.layer, " · ".join(r.types)] for r in RECIPES]
    assert all(float(row[3]) < 1e-9 for row in rows)


def test_nothing_stays_changed_of_torch():
    difference(RECIPES[0])
    assert torch.float32 is not torch.float64
    assert torch.get_default_dtype() == torch.float32
