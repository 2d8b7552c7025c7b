"""The same equation, computed faster or in pieces."""

from attnlib.catalogue.entry import Entry

ENTRIES: list[Entry] = []
