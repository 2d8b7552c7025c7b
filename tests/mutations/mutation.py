"""One deliberate fault: what is exchanged in which file, and the test that must notice."""

from typing import NamedTuple


class Mutation(NamedTuple):
    """In attnlib/`file` the text `old`, which stands there once, becomes `new`; then a test in
    tests/`test` must fail."""

    says: str
    file: str
    old: str
    new: str
    test: str
