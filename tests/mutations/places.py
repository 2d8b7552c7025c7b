"""Positions: how turns are slowed, dealt out and faded, and the biases that are learned."""

from mutations.mutation import Mutation

TEST = "tests/lib/oracles/test_more_positions.py"

PLACES = [
    Mutation(
        "by wavelength: which turns are kept",
        "attnlib/positions/released_scaling.py",
        "return (1 - keep) * turns / factor + keep * turns",
        "return keep * turns / factor + (1 - keep) * turns",
        TEST,
    ),
    Mutation(
        "LongRoPE: the scale's logarithms",
        "attnlib/positions/released_scaling.py",
        "math.log(factor) / math.log(trained_length)",
        "math.log(factor) / trained_length",
        TEST,
    ),
    Mutation(
        "dynamic NTK: minus s - 1",
        "attnlib/positions/released_scaling.py",
        "factor * longer - (factor - 1)",
        "factor * longer",
        TEST,
    ),
    Mutation(
        "proportional: the slow ones stand",
        "attnlib/positions/released_scaling.py",
        "turns[int(share * head_size / 2) :] = 0",
        "turns[: int(share * head_size / 2)] = 0",
        TEST,
    ),
    Mutation(
        "M-RoPE: what the other axes leave is time's",
        "attnlib/positions/axes.py",
        "p % axes if p < axes * sections[p % axes] else 0",
        "p % axes",
        TEST,
    ),
    Mutation(
        "axial RoPE: each axis from the fastest on",
        "attnlib/positions/axes.py",
        "frequencies(rotary_size // len(positions), base=base)",
        "frequencies(rotary_size, base=base)[: rotary_size // len(positions) // 2]",
        TEST,
    ),
    Mutation(
        "PoPE: the shift of the keys alone",
        "attnlib/positions/polar.py",
        "_polar(key, turned + shift)",
        "_polar(key, turned)",
        TEST,
    ),
    Mutation(
        "xPos: keys fade the other way",
        "attnlib/positions/_fading_rotation.py",
        "_spread(1 / faded, pairing)",
        "_spread(faded, pairing)",
        TEST,
    ),
    Mutation(
        "FIRE: short texts count as L",
        "attnlib/positions/functional_bias.py",
        "torch.maximum(places, self.threshold.abs())",
        "places",
        TEST,
    ),
    Mutation(
        "KERPLE: the power",
        "attnlib/positions/kernel_bias.py",
        ".pow(power)",
        ".pow(power / 2)",
        TEST,
    ),
]
