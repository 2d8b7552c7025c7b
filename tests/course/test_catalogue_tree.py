"""The family tree holds every type once, below what it changes."""

import re
from html import unescape
from typing import get_args
from urllib.parse import parse_qs

from course.catalogue import CATALOGUE
from course.catalogue.papers import papers
from course.catalogue.tree import CHANGES, family_tree, of, roots
from course.catalogue.words import Part

LINK = re.compile(r'<a href="#live-zoo&amp;([^"]*)">([^<]*)</a>')


def test_every_type_stands_once_and_its_link_searches_for_it():
    links = LINK.findall(family_tree()._repr_html_())
    assert sorted(unescape(name) for _, name in links) == sorted(e.name for e in CATALOGUE)
    for said, name in links:
        assert parse_qs(unescape(said))["zoo.search"] == [unescape(name)]


def test_a_branch_starts_with_what_varies_another_part():
    assert CHANGES.keys() == set(get_args(Part))
    parts = {entry.name: entry.words.part for entry in CATALOGUE}
    for part in get_args(Part):
        for entry in roots(part):
            assert parts.get(entry.words.varies) != part
    assert [entry.name for entry in roots("score")] != [entry.name for entry in of("score")]


def test_what_varies_a_type_stands_inside_its_item_and_the_older_first():
    tree = family_tree()._repr_html_()
    inside = tree.partition(">DeltaNet</a>")[2].partition("</ul></li>")[0]
    assert ">Gated DeltaNet</a>" in inside
    years = [papers()[entry.cite].year for entry in of("state")]
    assert years == sorted(years)
