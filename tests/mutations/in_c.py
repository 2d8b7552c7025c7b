"""FlashAttention in C: its band, its running sums, its gradients, and what calls it."""

from mutations.mutation import Mutation

C, TEST = "attnlib/kernels/in_c/flash.c", "tests/lib/test_native.py"

IN_C = [
    Mutation("in C: the band by one", C, "place + c->after + 1)", "place + c->after)", TEST),
    Mutation("in C: sums that do not fade", C, "sum[i]*fading + ", "sum[i] + ", TEST),
    Mutation("in C: a gradient without δ", C, "p[j]*(d_p[j] - delta)", "p[j]*d_p[j]", TEST),
    Mutation(
        "in C: rows that see nothing are read",
        C,
        "is_blind(c, b, rows.from)) rows",
        "0) rows",
        TEST,
    ),
    Mutation(
        "in C: strides are not looked at",
        "attnlib/kernels/in_c/_call.py",
        "if near == 1 and",
        "if",
        TEST,
    ),
]
