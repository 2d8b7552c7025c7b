"""Every text that is no prose, in another language: book/languages/LANGUAGE/words.json.

    about      what English pages call this language, and a line below the title of its chapters
    page       what the theme and our extensions write around the text: buttons, titles, counts
    panels     what Python writes into a live picture: names of controls, choices, still pictures
    pictures   what a picture of Matplotlib shows, for those who do not see it
    scripts    what scripts say with say("…")

Names in braces stand for what differs from case to case: "head {number}" is found for "head 3".
"""

import json
import re
from pathlib import Path

LANGUAGES = Path(__file__).parents[2] / "book" / "languages"
NAME = re.compile(r"\\\{(\w+)\\\}")
POINT = re.compile(r"(?<=\d)\.(?=\d)")


def languages() -> list[str]:
    """The folders of book/languages, each named by its language as HTML names it."""
    return sorted(path.parent.name for path in LANGUAGES.glob("*/words.json"))


class Words:
    """The words of one language. `used` holds the English ones that were asked for."""

    def __init__(self, language: str, *sections: str) -> None:
        path = LANGUAGES / language / "words.json"
        table = json.loads(path.read_text(encoding="utf-8"))
        self.point = table["scripts"]["."]
        self.known = {key: said for name in sections for key, said in table[name].items()}
        # "row {row}" fits "row 1, column 2", too
        closest = sorted(self.known, key=len, reverse=True)
        self.patterns = [(pattern(key), key) for key in closest if "{" in key]
        self.used: set[str] = set()

    def said(self, text: str) -> str | None:
        """The text in this language, or None where words.json does not have it."""
        if text in self.known:
            self.used.add(text)
            return self.known[text]
        for form, key in self.patterns:
            if found := form.fullmatch(text):
                self.used.add(key)
                inner = {name: self.or_same(part) for name, part in found.groupdict().items()}
                return self.known[key].format(**inner)
        return None

    def or_same(self, text: str) -> str:
        said = self.said(text)
        return text if said is None else said

    def in_picture(self, text: str) -> str:
        """The same, with numbers as this language writes them."""
        return POINT.sub(self.point, self.or_same(text))


def pattern(key: str) -> re.Pattern[str]:
    """A key with names in braces as what it may stand for."""
    known: set[str] = set()

    def part(found: re.Match[str]) -> str:
        name = found[1]
        again = name in known
        known.add(name)
        return f"(?P={name})" if again else f"(?P<{name}>.+?)"

    return re.compile(NAME.sub(part, re.escape(key)))
