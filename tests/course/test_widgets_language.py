"""What a live picture says where a kernel makes it, after `widgets.speak`."""

import re
from collections.abc import Iterator

import ipywidgets
import pytest

from course import widgets
from course.widgets.language import literal
from course.widgets.panel import Panel
from course.widgets.words import Words, languages

MADE = {"Example", "Map", "maps", "prepared", "sentence_length", "speak", "zoo"}
PANELS = sorted(set(widgets.__all__) - MADE)


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    widgets.speak("en")


def everything(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything(child)


def named(panel: Panel) -> list[str]:
    """What its controls are called, and what they offer."""
    told = []
    for one in everything(panel):
        told += [getattr(one, "description", ""), *getattr(one, "_options_labels", ())]
        told += [text for text in getattr(one, "titles", ()) if text]
    return [text for text in told if text]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", PANELS)
def test_every_panel_says_all_that_its_language_has(name: str, language: str) -> None:
    english = getattr(widgets, name)()
    widgets.speak(language)
    ours = getattr(widgets, name)()
    words = Words(language, "panels")
    assert named(ours) == [words.in_picture(text) for text in named(english)]
    values = [getattr(one, "value", None) for one in ours.controls]
    assert values == [getattr(one, "value", None) for one in english.controls]
    scripts = Words(language, "scripts").known
    said = [text for text in scripts if literal(text) in english.view._esm]
    assert [text for text in said if literal(scripts[text]) not in ours.view._esm] == []
    assert "globalThis.attnWords" not in ours.view._esm  # pictures in English stay so


def test_french_words_stand_in_controls_choices_folds_and_still_pictures() -> None:
    widgets.speak("fr")
    assert {"recherche", "faisceau de 4", "Plus"} <= set(named(widgets.translate()))
    assert (
        "Un enfant de 7 ans, largeur 1\N{NO-BREAK SPACE}: 121,5 cm"
        in widgets.soft_dictionary().still
    )


def test_a_choice_in_another_language_keeps_its_value() -> None:
    english = next(one for one in widgets.translate().controls if one.description == "search")
    widgets.speak("fr")
    ours = next(one for one in widgets.translate().controls if one.description == "recherche")
    assert ours._options_labels != english._options_labels
    for index in range(len(english._options_labels)):
        ours.index = english.index = index
        assert ours.value == english.value


def test_what_was_made_before_stays_as_it_was() -> None:
    before = widgets.soft_dictionary()
    widgets.speak("fr")
    widgets.soft_dictionary()
    assert before.controls[0].description == "age asked for"
    widgets.speak("en")
    assert "attnWords =" not in widgets.soft_dictionary().view._esm


def test_a_language_that_the_book_does_not_have_is_named() -> None:
    said = "language must be one of en, fr, got 'tlh'"
    with pytest.raises(ValueError, match=re.escape(said)):
        widgets.speak("tlh")
