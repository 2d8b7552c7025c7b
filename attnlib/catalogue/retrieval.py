"""Looking up: pointers, memories and latent queries."""

from attnlib.catalogue.entry import Entry

ENTRIES: list[Entry] = []
