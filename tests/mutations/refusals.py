"""What checks refuse, and what stands in masked places."""

from mutations.mutation import Mutation

EVERY = "tests/lib/test_every_public_function.py"

REFUSALS = [
    Mutation(
        "sizes are compared",
        "attnlib/checks/_fitting.py",
        "    if size != known:\n",
        "    if False:\n",
        EVERY,
    ),
    Mutation(
        "devices are compared",
        "attnlib/checks/_fitting.py",
        "if tensor.device != other.device:",
        "if False:",
        EVERY,
    ),
    Mutation(
        "dtypes are compared",
        "attnlib/checks/_fitting.py",
        'both = wanted.kind == first.kind == "Float"',
        "both = False",
        EVERY,
    ),
    Mutation(
        "a layer's input goes with its parameters",
        "attnlib/checks/states.py",
        "if states.dtype != parameter.dtype and",
        "if False and",
        EVERY,
    ),
    Mutation(
        "padding before the projections",
        "attnlib/masks/_laying.py",
        "return x.masked_fill(~asks, 0), context.masked_fill(~seen, 0)",
        "return x, context",
        EVERY,
    ),
    Mutation(
        "padding in self-attention",
        "attnlib/masks/_laying.py",
        "return x.masked_fill(~(asks | seen), 0), None",
        "return x, None",
        EVERY,
    ),
    Mutation(
        "padding of queries and keys",
        "attnlib/masks/_laying.py",
        "return states.masked_fill(~seen_keys(allowed, states.shape[1]), 0)",
        "return states",
        EVERY,
    ),
    Mutation(
        "padding in linear attention",
        "attnlib/linear/linear_attention.py",
        "    k = k.masked_fill(~real, 0)  # φ(0) is not 0\n",
        "",
        "tests/lib/oracles/test_linear_forms.py",
    ),
    Mutation(
        "a row with nothing allowed",
        "attnlib/normalizers/normalizer.py",
        ".masked_fill(empty, 0)",
        "",
        EVERY,
    ),
]
