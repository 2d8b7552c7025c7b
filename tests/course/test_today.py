"""The block with parts to exchange: GPT-2's parts are the library's GPT, Llama's its Llama."""

import pytest
import torch

from attnlib.models.gpt import GPT
from attnlib.models.llama import Llama
from course.language.today import GPT2, LLAMA, Parts, Today, as_large, parameters
from course.measurements.parts_of_today import EXCHANGED, tokenizer

SAME = {
    "blocks": "layers",
    "attention_norm": "self_attention_norm",
    "attention": "self_attention",
    "feed_norm": "feed_forward_norm",
    "feed": "feed_forward",
}
WORDS = 11
TOKENS = torch.tensor([[3, 1, 4, 1, 5, 9, 2]])


def filled(theirs, ours, others):
    """The library's model with our weights; `others` are names that SAME does not turn."""
    with torch.no_grad():
        for weight in ours.parameters():
            weight.normal_(std=0.3)
    weights = {}
    for name, weight in ours.state_dict().items():
        named = ".".join(SAME.get(part, part) for part in name.split("."))
        for ours_name, their_name in others.items():
            named = named.replace(ours_name, their_name)
        weights["output.weight" if named == "output" else named] = weight
    theirs.load_state_dict({name: weights[name] for name in theirs.state_dict()})
    return theirs.eval()


def test_gpt2s_parts_are_the_library_gpt():
    ours = Today(WORDS, GPT2, size=8, heads=2, layers=2, hidden=12, longest=9)
    theirs = GPT(WORDS, size=8, heads=2, layers=2, hidden=12, longest=9, dropout_p=0.0)
    others = {"feed_forward.up": "feed_forward.0", "feed_forward.down": "feed_forward.2"}
    theirs = filled(theirs, ours, others)
    torch.testing.assert_close(ours(TOKENS), theirs(TOKENS))


@pytest.mark.parametrize("tied", [True, False])
def test_llamas_parts_are_the_library_llama(tied):
    sizes = {"size": 8, "heads": 2, "layers": 2, "hidden": 12}
    parts = Parts("rms", "swiglu", "rotary", 50.0, key_heads=1, biases=False, tied=tied)
    ours = Today(WORDS, parts, **sizes)
    theirs = Llama(WORDS, **sizes, key_heads=1, base=50.0, tied=tied, norm_eps=1e-5)
    theirs = filled(theirs, ours, {})
    torch.testing.assert_close(ours(TOKENS), theirs(TOKENS))


def test_every_set_of_parts_makes_a_model_as_large_as_gpt2():
    words = len(tokenizer())
    wanted = parameters(Today(words, layers=3))
    for parts in EXCHANGED.values():
        assert abs(parameters(as_large(words, parts, wanted, layers=3)()) / wanted - 1) < 0.003


def test_only_the_past_is_seen():
    model = Today(WORDS, LLAMA)
    changed = TOKENS.clone()
    changed[0, -1] = 0
    torch.testing.assert_close(model(changed)[:, :-1], model(TOKENS)[:, :-1])
