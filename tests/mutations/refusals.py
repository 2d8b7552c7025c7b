"""What checks refuse, and what stands in masked places."""

from mutations.mutation import Mutation

EVERY = "test_every_public_function.py"

REFUSALS = [
    Mutation(
        "sizes are compared",
        "checked.py",
        "    if size != known:\n",
        "    if False:\n",
        EVERY,
    ),
    Mutation(
        "devices are compared",
        "checked.py",
        "if tensor.device != other.device:",
        "if False:",
        EVERY,
    ),
    Mutation(
        "dtypes are compared",
        "checked.py",
        'both = wanted.kind == first.kind == "Float"',
        "both = False",
        EVERY,
    ),
    Mutation(
        "a layer's input goes with its parameters",
        "checks.py",
        "if states.dtype != parameter.dtype and",
        "if False and",
        EVERY,
    ),
    Mutation(
        "padding before the projections",
        "masks/laying.py",
        "return x.masked_fill(~asks, 0), context.masked_fill(~seen, 0)",
        "return x, context",
        EVERY,
    ),
    Mutation(
        "padding in self-attention",
        "masks/laying.py",
        "return x.masked_fill(~(asks | seen), 0), None",
        "return x, None",
        EVERY,
    ),
    Mutation(
        "padding of queries and keys",
        "masks/laying.py",
        "return states.masked_fill(~seen, 0)",
        "return states",
        EVERY,
    ),
    Mutation(
        "padding in linear attention",
        "linear/linear_attention.py",
        "    k = k.masked_fill(~real, 0)  # φ(0) is not 0\n",
        "",
        "oracles/test_linear_forms.py",
    ),
    Mutation(
        "a row with nothing allowed",
        "normalizers.py",
        ".masked_fill(empty, 0)",
        "",
        EVERY,
    ),
]
