"""What several processes compute together (`__main__.py`), and one alone in the tests."""

import torch
from oracles.agreement import normal

from attnlib import masks
from attnlib.models.gpt import GPT
from attnlib.models.llama import Llama

LENGTH = 16  # tokens over all processes
DOCUMENTS = torch.tensor([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3])
MASKS = {
    "none": None,
    "causal": masks.Causal(),
    "window": masks.Causal() & masks.Window(3),
    "both sides": masks.Window(3),
    "padding": masks.Padding(torch.tensor([16, 5])),
    "documents": masks.Causal() & masks.Document(DOCUMENTS),
    "nothing": ~masks.Prefix(LENGTH),
}
RINGS = ("contiguous", "zigzag")
WAYS = ("heads", *RINGS)
MODELS = ("gpt", "llama")


def states(way):
    """Query, key and value of the whole sequence; a ring may share key heads."""
    key_heads = 4 if way == "heads" else 2
    key, value = normal(2, key_heads, LENGTH, 3, seed=1), normal(2, key_heads, LENGTH, 5, seed=2)
    return normal(2, 4, LENGTH, 3), key, value


def pull():
    return normal(2, 4, LENGTH, 5, seed=3).detach()


def small(model):
    """A model that turns queries and keys by their places, and tokens to read."""
    torch.manual_seed(0)
    made = {
        "gpt": lambda: GPT(11, size=8, heads=2, layers=2, rotary=True, dropout_p=0.0),
        "llama": lambda: Llama(11, size=16, heads=4, key_heads=2, layers=2, hidden=24),
    }[model]()
    return made.double(), torch.randint(11, (2, LENGTH))
