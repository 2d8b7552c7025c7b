"""The language of live pictures where a kernel makes them; a built page has its own."""

import json

import ipywidgets

from course.widgets.reword import reword_model
from course.widgets.words import Words, languages

_language = "en"


def speak(language: str) -> None:
    """Has every live picture that is made from now on speak this language of the book.

    Raises ValueError for a language that it does not have.
    """
    global _language
    known = ["en", *languages()]
    if language not in known:
        raise ValueError(f"language must be one of {', '.join(known)}, got {language!r}")
    _language = language


def spoken() -> Words | None:
    """The words that controls and still pictures are in, or None where they stay English."""
    return None if _language == "en" else Words(_language, "panels")


def speaking(source: str) -> str:
    """A view's script with its words in this language, for itself alone."""
    if _language == "en":
        return source
    known = Words(_language, "scripts").known
    words = {text: said for text, said in known.items() if literal(text) in source}
    own = source.replace("globalThis.attnWords", "attnWords")
    return f"const attnWords = {literal(words)};\n{own}"


def literal(value: object) -> str:
    """A text as scripts write it."""
    return json.dumps(value, ensure_ascii=False)


def put_into_words(widget: ipywidgets.Widget, words: Words) -> None:
    """Names a widget, and all that it holds, in these words."""
    state = {name: getattr(widget, name) for name in widget.keys}
    english = dict(state)
    reword_model(state, words.in_picture)
    for name, text in state.items():
        if text is not english[name]:
            widget.set_trait(name, type(english[name])(text))
    for child in getattr(widget, "children", ()):
        put_into_words(child, words)
