"""Entries made of many tokens, and what is shared or chosen among heads and layers."""

from mutations.mutation import Mutation

COMPRESSION = [
    Mutation(
        "shared state: turned back",
        "attnlib/heads/shared_state.py",
        "self._turn(seen, -places)",
        "self._turn(seen, places)",
        "tests/lib/oracles/test_compressed.py",
    ),
    Mutation(
        "compressed windows: the softmax of each channel over the tokens",
        "attnlib/sparse/gated_windows.py",
        "gate.softmax(dim=2)",
        "gate.softmax(dim=3)",
        "tests/lib/oracles/test_compressed.py",
    ),
    Mutation(
        "compressed windows: which half goes to the next",
        "attnlib/sparse/gated_windows.py",
        "to_the_next, to_its_own = windows.chunk",
        "to_its_own, to_the_next = windows.chunk",
        "tests/lib/oracles/test_compressed.py",
    ),
    Mutation(
        "compressed windows: where an entry stands",
        "attnlib/sparse/heavily_compressed.py",
        "device=entries.device) * self.compress.length",
        "device=entries.device)",
        "tests/lib/oracles/test_compressed.py",
    ),
    Mutation(
        "compressed sparse: the best and not the first",
        "attnlib/sparse/compressed_sparse.py",
        "best(scores, count,",
        "best(-scores, count,",
        "tests/lib/oracles/test_compressed.py",
    ),
]
