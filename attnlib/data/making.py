"""Make the stored corpus from the grammar: python -m attnlib.data.translation"""

import lzma
from random import Random

from attnlib.data.grammar.opening import OPENING
from attnlib.data.grammar.realize import realize
from attnlib.data.grammar.sampling import Sampler
from attnlib.data.translation import STORED, Pair, format_line

SEED = 2017
LENGTHS = range(3, 25)
LONGER = range(25, 31)
SIZES = {"train": 40_700, "valid": 1_000, "test": 2_000}
LONGER_SIZE = 500
HELD_OUT = (({"cat", "cats"}, {"mat", "mats"}), ({"animal", "animals"}, {"street"}))


def make() -> dict[str, list[Pair]]:
    """All splits, the same for the same seed."""
    random = Random(SEED)
    sampler = Sampler(random)
    quota = {
        length: sum(share(size, LENGTHS)[length] for size in SIZES.values()) for length in LENGTHS
    }
    quota |= share(LONGER_SIZE, LONGER)
    opening = [Pair(*realize(plan)) for plan in OPENING]
    found: dict[int, dict[tuple[str, ...], Pair]] = {length: {} for length in quota}
    french = {pair.source: pair.target for pair in opening}
    held: list[Pair] = list(opening)
    held_sources = {pair.source for pair in opening}

    wanted = list(quota)
    while wanted:
        aim = random.choice(wanted)
        richness = max(0.0, (aim - 3) / 21 + random.gauss(0, 0.15))
        pair = Pair(*realize(sampler.sentence(richness)))
        length = len(pair.source)
        if french.setdefault(pair.source, pair.target) != pair.target:
            raise ValueError(f"two translations of {' '.join(pair.source)!r}")
        if length not in quota or pair.source in held_sources:
            continue
        if is_held_out(pair):
            continue
        if len(found[length]) < quota[length]:
            found[length][pair.source] = pair
            if len(found[length]) == quota[length]:
                wanted.remove(length)
    return split(found, held)


def split(found: dict[int, dict[tuple[str, ...], Pair]], held: list[Pair]) -> dict[str, list[Pair]]:
    """Deal the sentences of each length out; the held out ones take places in the test."""
    splits: dict[str, list[Pair]] = {name: [] for name in SIZES}
    splits["longer"] = [pair for length in LONGER for pair in found[length].values()]
    for length in LENGTHS:
        pairs = [pair for pair in held if len(pair.source) == length] + list(found[length].values())
        start = 0
        for name in ("test", "valid", "train"):
            size = share(SIZES[name], LENGTHS)[length]
            splits[name] += pairs[start : start + size]
            start += size
    return splits


def share(size: int, lengths: range) -> dict[int, int]:
    """The size dealt out evenly, the first lengths taking what is left over."""
    each, left = divmod(size, len(lengths))
    return {length: each + (index < left) for index, length in enumerate(lengths)}


def is_held_out(pair: Pair) -> bool:
    """Whether the pair is a close relative of an opening sentence: cat and mat in one."""
    words = set(pair.source)
    return any(words & first and words & second for first, second in HELD_OUT)


def main() -> None:
    """Write the corpus, byte for byte the same each time."""
    splits = make()
    lines = [format_line(name, pair) for name, pairs in splits.items() for pair in pairs]
    text = "\n".join(lines) + "\n"
    STORED.write_bytes(lzma.compress(text.encode(), preset=9))
    sizes = ", ".join(f"{name} {len(pairs)}" for name, pairs in splits.items())
    print(f"{STORED.name}: {sizes}; {STORED.stat().st_size / 1e6:.2f} MB")
