"""Texts in the language of the page: English where it has no words."""

import re

from environment import ROOT

from course.widgets._assets import STATIC

BODY = re.compile(r"\(text, values = \{\}\)(?: =>)? \{\n(.*?)\n\}", re.DOTALL)


def test_values_stand_in_place_of_their_names(javascript):
    said = javascript("say.js", "say", "{found} of {all} words, {found}", {"found": 2, "all": 7})
    assert said == "2 of 7 words, 2"


def test_a_value_is_only_ever_a_value(javascript):
    values = {"word": "{other} $& <b>", "other": "never"}
    assert javascript("say.js", "say", "“{word}”", values) == "“{other} $& <b>”"
    assert javascript("say.js", "say", "{word} {unknown}", {"word": 0}) == "0 {unknown}"


def test_the_pages_other_scripts_say_texts_in_the_same_way():
    ours, theirs = (
        BODY.search(path.read_text(encoding="utf-8"))[1]
        for path in (STATIC / "say.js", ROOT / "book" / "static" / "first.js")
    )
    assert ours == theirs
