"""Batches of sentence pairs of one length, the same for the same seed and step."""

from random import Random

from course.data.translation import Pair


class LengthBatches:
    """`batches[step]` is a batch of sentences of one source length, so that nothing is padding.

    Each pass over the data is shuffled anew, the same way for the same seed; what fills no whole
    batch of its length sits that pass out. Raises ValueError when no length fills a batch.
    """

    def __init__(self, pairs: list[Pair], *, size: int = 32, seed: int = 0) -> None:
        self.by_length: dict[int, list[Pair]] = {}
        for pair in pairs:
            self.by_length.setdefault(len(pair.source), []).append(pair)
        self.size = size
        self.seed = seed
        self.each_pass = sum(len(group) // size for group in self.by_length.values())
        if self.each_pass == 0:
            raise ValueError(f"pairs has no {size} sentences of the same length: too few for size")
        self.current: tuple[int, list[list[Pair]]] = (-1, [])

    def __getitem__(self, step: int) -> list[Pair]:
        number, index = divmod(step, self.each_pass)
        if self.current[0] != number:
            self.current = (number, self._shuffled(number))
        return self.current[1][index]

    def _shuffled(self, number: int) -> list[list[Pair]]:
        random = Random(f"{self.seed} {number}")
        batches = []
        for group in self.by_length.values():
            whole = random.sample(group, len(group) // self.size * self.size)
            batches += [whole[i : i + self.size] for i in range(0, len(whole), self.size)]
        random.shuffle(batches)
        return batches
