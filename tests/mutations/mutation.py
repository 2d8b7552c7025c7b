"""One deliberate fault: what is exchanged in which file, and the test that must notice."""

from typing import NamedTuple


class Mutation(NamedTuple):
    """In `file` the text `old`, which stands there once, becomes `new`; then a test in `test` must
    fail. Both paths start at the project's root."""

    says: str
    file: str
    old: str
    new: str
    test: str
