"""Faults in the normalizers and head structures of 2024 to 2026."""

from mutations.mutation import Mutation

TESTS = "tests/lib/oracles/test_newer_maps.py"

NEWER_MAPS = [
    Mutation(
        "stick-breaking: a hidden key breaks the stick",
        "attnlib/normalizers/_stick_breaking.py",
        "left = left.masked_fill(~allowed, 0)",
        "left = left.masked_fill(~allowed, -1)",
        TESTS,
    ),
    Mutation(
        "softpick: what is negative leaves the denominator",
        "attnlib/normalizers/_softpick.py",
        "above.abs().sum",
        "above.relu().sum",
        TESTS,
    ),
    Mutation(
        "Cog attention: the signs are lost",
        "attnlib/normalizers/_signed.py",
        "return scores.sign() * weights",
        "return weights",
        TESTS,
    ),
    Mutation(
        "scalable softmax: it counts hidden keys",
        "attnlib/normalizers/length_scaled.py",
        "    if allowed is None:\n        return scores.new_full",
        "    if True:\n        return scores.new_full",
        TESTS,
    ),
    Mutation(
        "temperature tuning: it rounds to the nearest step",
        "attnlib/normalizers/length_scaled.py",
        "/ self.floor).floor()",
        "/ self.floor).round()",
        TESTS,
    ),
    Mutation(
        "exclusive attention: along a value of any length",
        "attnlib/heads/exclusive.py",
        "F.normalize(at_least_float32(own), dim=-1)",
        "at_least_float32(own)",
        TESTS,
    ),
    Mutation(
        "value residual: the shares change places",
        "attnlib/heads/value_residual.py",
        "torch.lerp(first.to(value.dtype), value, own)",
        "torch.lerp(value, first.to(value.dtype), own)",
        TESTS,
    ),
    Mutation(
        "differential attention, second form: no sigmoid",
        "attnlib/heads/differential_2.py",
        "self.taken(x).sigmoid().mT",
        "self.taken(x).mT",
        TESTS,
    ),
    Mutation(
        "LASER: a value that nobody sees moves the shift",
        "attnlib/heads/laser.py",
        "if allowed is not None:",
        "if False:",
        "tests/lib/test_hidden_tokens.py",
    ),
    Mutation(
        "LASER: the largest value is not put back",
        "attnlib/heads/laser.py",
        ".log() + shift)",
        ".log())",
        TESTS,
    ),
    Mutation(
        "2-simplicial: the second of a pair has the first one's mask",
        "attnlib/heads/_two_simplicial.py",
        "first.unsqueeze(-1) & second.unsqueeze(-2)",
        "first.unsqueeze(-1) & first.unsqueeze(-2)",
        TESTS,
    ),
    Mutation(
        "gated attention: its gate is always a sigmoid",
        "attnlib/heads/gated.py",
        "self.activation(self.gate(x))",
        "torch.sigmoid(self.gate(x))",
        TESTS,
    ),
]
