"""Forms of words in both languages, looked up in pyrealb's lexicons (Lapalme, 2024).

Only *making* the corpus needs pyrealb (`pip install pyrealb`); loading the stored one does not.
"""

from functools import cache

from pyrealb import A, N, V, loadEn, loadFr

NUMBER = {False: "s", True: "p"}  # by whether it is plural, as pyrealb writes it
TENSE = {"present": "p", "imperfect": "i", "infinitive": "b", "simple past": "ps"}


@cache
def french_noun(lemma: str, plural: bool) -> str:
    """oiseau → oiseaux."""
    loadFr()
    form = _known(N(lemma).n(NUMBER[plural]).realize(), lemma)
    return form.replace("oe", "œ") if "œ" in lemma else form  # pyrealb writes the plural oeufs


@cache
def french_adjective(lemma: str, gender: str, plural: bool) -> str:
    """vieux → vieille. The form before a vowel, vieil, is made by the noun phrase."""
    loadFr()
    return _known(A(lemma).g(gender).n(NUMBER[plural]).realize(), lemma)


@cache
def french_verb(lemma: str, tense: str, plural: bool = False) -> str:
    """The third person of a tense, or the infinitive: asseoir → assoit, assoient, asseoir."""
    loadFr()
    return _known(V(lemma).t(TENSE[tense]).pe(3).n(NUMBER[plural]).realize(), lemma)


@cache
def french_participle(lemma: str, gender: str, plural: bool) -> str:
    """écrire → écrit, écrite, écrits, écrites; assis keeps its s in the masculine plural."""
    loadFr()
    form = _known(V(lemma, "fr").t("pp").realize(), lemma)
    if gender == "f":
        form += "e"
    return form + "s" if plural and not form.endswith("s") else form


@cache
def english_noun(lemma: str, plural: bool) -> str:
    """mouse → mice."""
    loadEn()
    return _known(N(lemma).n(NUMBER[plural]).realize(), lemma)


@cache
def english_verb(lemma: str, tense: str, plural: bool = False) -> str:
    """The third person of a tense, or the infinitive: sit → sits, sit, sat; be → is, are, was."""
    loadEn()
    return _known(V(lemma).t(TENSE[tense]).pe(3).n(NUMBER[plural]).realize(), lemma)


def _known(form: str, lemma: str) -> str:
    if "[[" in form:
        raise ValueError(f"pyrealb has no such form of {lemma!r}: {form}")
    return form
