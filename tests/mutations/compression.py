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
    Mutation(
        "keys as values: before the norm of the keys",
        "attnlib/heads/keys_as_values.py",
        "self.value_norm(both)",
        "self.value_norm(self.key_norm(both))",
        "tests/lib/oracles/test_shared_heads.py",
    ),
    Mutation(
        "borrowed keys: the query turns",
        "attnlib/heads/borrowing.py",
        "query = self.turn(query,",
        "self.turn(query,",
        "tests/lib/oracles/test_shared_heads.py",
    ),
    Mutation(
        "grouped-tied: half of the key",
        "attnlib/heads/grouped_tied.py",
        "state.chunk(2, dim=-1)[0]",
        "state.chunk(2, dim=-1)[1]",
        "tests/lib/oracles/test_shared_heads.py",
    ),
    Mutation(
        "grouped latents: which group",
        "attnlib/heads/grouped_latent.py",
        "own = repeat_heads(latent, self.heads)",
        "own = repeat_heads(latent.flip(1), self.heads)",
        "tests/lib/oracles/test_shared_heads.py",
    ),
    Mutation(
        "tensor product: the mean over the rank",
        "attnlib/heads/tensor_product.py",
        "product / of_heads.shape[1]",
        "product",
        "tests/lib/oracles/test_shared_heads.py",
    ),
    Mutation(
        "convolutional: the token before",
        "attnlib/heads/convolutional.py",
        "F.pad(self.value_before(x), (0, 0, 1, 0))[:, :-1]",
        "self.value_before(x)",
        "tests/lib/oracles/test_shared_heads.py",
    ),
    Mutation(
        "convolutional: the residual of a group",
        "attnlib/heads/convolutional.py",
        "key + of_group",
        "key",
        "tests/lib/oracles/test_shared_heads.py",
    ),
    Mutation(
        "over depth: values are not normed",
        "attnlib/heads/depth.py",
        "self.norm(value), value)",
        "self.norm(value), self.norm(value))",
        "tests/lib/oracles/test_shared_heads.py",
    ),
]
