"""Attention over images."""

from attnlib.catalogue.entry import Entry

ENTRIES: list[Entry] = []
