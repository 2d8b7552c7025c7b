"""Softmax attention approximated, or replaced."""

from attnlib.catalogue.entry import Entry

ENTRIES: list[Entry] = []
