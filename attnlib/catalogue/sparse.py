"""Keys selected while the model runs."""

from attnlib.catalogue.entry import Entry

ENTRIES: list[Entry] = []
