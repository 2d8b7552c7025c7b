"""Attention over graphs and sets."""

from attnlib.catalogue.entry import Entry

ENTRIES: list[Entry] = []
