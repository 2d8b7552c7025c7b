"""Models that others trained: their files, their tokens, their parts."""

from mutations.mutation import Mutation

FILES, HEADS = "tests/lib/oracles/test_models_gguf.py", "tests/lib/oracles/test_multi_head.py"
TOKENS, TODAY = "tests/course/test_smollm2.py", "tests/course/test_today.py"

MODELS = [
    Mutation(
        "gguf: pairs left as llama.cpp turns them",
        "attnlib/models/gguf.py",
        "            weight = halves(weight, heads_of[part])\n",
        "            pass\n",
        FILES,
    ),
    Mutation(
        "gguf: high halves of bytes first",
        "attnlib/models/_gguf.py",
        "torch.cat((rows & 15, rows >> 4), dim=1)",
        "torch.cat((rows >> 4, rows & 15), dim=1)",
        FILES,
    ),
    Mutation(
        "gguf: no minimum",
        "attnlib/models/_gguf.py",
        " + _numbers(rows[:, 2:4])",
        "",
        FILES,
    ),
    Mutation(
        "byte pairs: don't in one piece",
        "course/data/byte_level.py",
        "'s|'t|'re|",
        "'s|'re|",
        TOKENS,
    ),
    Mutation(
        "byte pairs: the last space not given to the next word",
        "course/data/byte_level.py",
        r"\s+(?!\S)|",
        "",
        TOKENS,
    ),
    Mutation(
        "a norm of each head for the query alone",
        "attnlib/heads/_projections.py",
        "self.key_norm(split_heads(self.key(context), self.key_heads))",
        "split_heads(self.key(context), self.key_heads)",
        HEADS,
    ),
    Mutation(
        "the block: the gate's matrix twice",
        "course/language/today.py",
        "F.silu(self.gate(x)) * self.up(x)",
        "F.silu(self.gate(x)) * self.gate(x)",
        TODAY,
    ),
]
