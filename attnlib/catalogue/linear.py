"""Recurrent forms: a state instead of a cache."""

from attnlib.catalogue.entry import Entry

ENTRIES: list[Entry] = []
