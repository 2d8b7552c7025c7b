"""How a model knows where a token stands."""

from attnlib.catalogue.entry import Entry

ENTRIES: list[Entry] = []
