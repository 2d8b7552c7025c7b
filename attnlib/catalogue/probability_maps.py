"""How scores become weights, other than by softmax."""

from attnlib.catalogue.entry import Entry

ENTRIES: list[Entry] = []
