"""Chapter 19, reading maps: judges that look away, and SmolLM2 without its induction heads."""

import torch
from jaxtyping import Int
from torch import Tensor

from attnlib.inspect import head_counts, heads_off, induction
from attnlib.models.llama import Llama
from course.language import smollm2
from course.measurements.clues import READINGS, found, on_clue, right, trained
from course.measurements.table import Cell, Table
from course.reading.patching import PAIRS, brought_back

COMMAND = "python -m course.measurements 19"
SEEDS = range(5)
KINDS = {
    "plain": {"mixing": False, "away": False},
    "plain, told to look away": {"mixing": False, "away": True},
    "mixing": {"mixing": True, "away": False},
    "mixing, told to look away": {"mixing": True, "away": True},
}
FIRST, WORDS = 1000, 20_000  # tokens drawn: ordinary pieces, no control tokens
LENGTH, BATCH, OFF, CHOOSING = 40, 2, 10, 100
LOOKS_ON = (16, 0)  # the head with the highest score for the previous token


def measure() -> list[Table]:
    """The three tables: 20 small networks, and SmolLM2 on 15 and on 5 texts. About two minutes."""
    return [judges(), without_induction_heads(), carriers()]


def judges() -> Table:
    """Per kind of judge and seed: is it right, and which reading of it finds the clue?"""
    rows: list[list[Cell]] = []
    for kind, how in KINDS.items():
        for seed in SEEDS:
            judge = trained(**how, seed=seed)
            told = [right(judge), right(judge, without_clue=True), on_clue(judge)]
            rows.append([kind, seed, *told, *(found(judge, reading) for reading in READINGS)])
    columns = ["judge", "seed", "right", "clue replaced", "weight on clue", *READINGS]
    title = "Judges of 500 held-out texts: answers right, and texts whose clue a reading puts first"
    return Table(title, columns, rows, COMMAND, percent=True)


def without_induction_heads() -> Table:
    """Nats per token where nothing can be known and where all can, with some heads off."""
    model, _ = smollm2.load()
    chosen = induction_heads(model)
    rows: list[list[Cell]] = []
    for seed in SEEDS:
        tokens = drawn(seed)
        kinds = {"none": [], "10 induction heads": chosen, "10 others": others(model, seed)}
        for name, heads in kinds.items():
            with heads_off(model, by_layer(heads)):
                rows.append([name, seed, *induction.losses(model, tokens)])
    title = f"SmolLM2 on {LENGTH} random tokens said twice: nats per token, first and second time"
    return Table(title, ["heads off", "seed", "first", "second"], rows, COMMAND)


def carriers() -> Table:
    """Per pair of countries: which of 270 heads brings back most of the answer, by itself."""
    model, tokenizer = smollm2.load()
    rows: list[list[Cell]] = []
    for clean, other in PAIRS:
        found = brought_back(model, tokenizer, clean, other)
        layer, head = divmod(int(found.shares.argmax()), found.shares.shape[1])
        rows.append([f"{clean[0]} for {other[0]}", f"{layer}.{head}"]
                    + [table[place].item() for place in ((layer, head), (*LOOKS_ON,))
                       for table in (found.shares, found.weights)])  # fmt: skip
    ours, theirs = "best head", "head {}.{}".format(*LOOKS_ON)
    columns = ["country", "best", *(f"{one}: {what}" for one in (ours, theirs)
                                    for what in ("back", "weight"))]  # fmt: skip
    title = "SmolLM2, “The capital of … is”: share of the answer that one patched head brings back"
    return Table(title, columns, rows, COMMAND)


def drawn(seed: int) -> Int[Tensor, "B T"]:
    """Random tokens, said twice."""
    return FIRST + induction.repeated(WORDS, LENGTH, batch=BATCH, seed=seed)


def induction_heads(model: Llama) -> list[tuple[str, int]]:
    """The heads with the highest scores, on tokens that are in none of the rows."""
    scores = induction.scores(model, drawn(CHOOSING))
    names = list(head_counts(model))
    places = scores.flatten().topk(OFF).indices.tolist()
    return [(names[place // scores.shape[1]], place % scores.shape[1]) for place in places]


def others(model: Llama, seed: int) -> list[tuple[str, int]]:
    """As many heads of the same layers, drawn from those that were not chosen."""
    chosen = induction_heads(model)
    source = torch.Generator().manual_seed(seed)
    counts = head_counts(model)
    taken = set(chosen)
    drawn_heads = []
    for layer, _ in chosen:
        free = [head for head in range(counts[layer]) if (layer, head) not in taken]
        head = free[int(torch.randint(len(free), (1,), generator=source))]
        taken.add((layer, head))
        drawn_heads.append((layer, head))
    return drawn_heads


def by_layer(heads: list[tuple[str, int]]) -> dict[str, list[int]]:
    """As `heads_off` takes them."""
    off: dict[str, list[int]] = {}
    for layer, head in heads:
        off.setdefault(layer, []).append(head)
    return off
