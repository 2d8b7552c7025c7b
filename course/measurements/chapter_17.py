"""Chapter 17, linear attention: what a state of D × D numbers recalls, by size and by rule."""

from course.measurements.recall import PAIRS, right, trained
from course.measurements.table import Cell, Table

COMMAND = "python -m course.measurements 17"
SEEDS = range(5)
SIZES = (8, 16, 32)
ONCE = ("softmax", "φ = elu + 1", "sum", "delta")
TWICE = ("softmax", "softmax, ALiBi", "φ = elu + 1", "sum", "gates", "delta", "gated delta")
STEPS, TWICE_STEPS, STACK_STEPS, LONGER = 800, 500, 300, 1500
STACKS = {
    "4 delta": (("delta",) * 4, STACK_STEPS),
    "3 delta, 1 softmax": (("delta",) * 3 + ("softmax",), STACK_STEPS),
    f"4 delta, {LONGER} steps": (("delta",) * 4, LONGER),
}
TWICE_SIZE, STACK_SIZE = 16, 8
SHARES = [f"{pairs} pairs" for pairs in PAIRS]


def measure() -> list[Table]:
    """The three tables: 110 small networks, about 16 minutes of one quiet core."""
    return [by_size(), told_twice(), hybrids()]


def by_size() -> Table:
    """Every key told once: one layer, by rule and size of the state."""
    rows: list[list[Cell]] = []
    for rule in ONCE:
        for size in SIZES:
            for seed in SEEDS:
                model = trained((rule,), size, seed=seed, steps=STEPS)
                rows.append([rule, size, seed, *(right(model, pairs) for pairs in PAIRS)])
    title = f"Keys told once, values right in held-out texts: 1 layer, {STEPS} steps"
    return Table(title, ["rule", "D", "seed", *SHARES], rows, COMMAND, percent=True)


def told_twice() -> Table:
    """Every key told twice, where the last value counts: one layer, by rule."""
    rows: list[list[Cell]] = []
    for rule in TWICE:
        for seed in SEEDS:
            model = trained((rule,), TWICE_SIZE, seed=seed, steps=TWICE_STEPS, told=2)
            rows.append([rule, seed, *(right(model, pairs, told=2) for pairs in PAIRS)])
    title = f"Keys told twice, last values right: 1 layer, D = {TWICE_SIZE}, {TWICE_STEPS} steps"
    return Table(title, ["rule", "seed", *SHARES], rows, COMMAND, percent=True)


def hybrids() -> Table:
    """Every key told once: four layers, all of the delta rule, or one of them softmax."""
    rows: list[list[Cell]] = []
    for name, (rules, steps) in STACKS.items():
        for seed in SEEDS:
            model = trained(rules, STACK_SIZE, seed=seed, steps=steps)
            rows.append([name, seed, *(right(model, pairs) for pairs in PAIRS)])
    title = f"Keys told once, values right: 4 layers, D = {STACK_SIZE}, {STACK_STEPS} steps"
    return Table(title, ["layers", "seed", *SHARES], rows, COMMAND, percent=True)
