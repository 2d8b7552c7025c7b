"""The straight code for one token computes what the modules do, and stands back where it cannot."""

from functools import partial

import pytest
import torch
from torch import nn

from attnlib import Attend, record_attention
from attnlib.caches import KVCache, QuantizedKVCache
from attnlib.models._one_token import one_token
from attnlib.models.generation import generate
from attnlib.models.gpt import GPT
from attnlib.models.llama import Llama
from attnlib.normalizers import sparsemax
from attnlib.positions.rotary import rotate
from oracles.agreement import EXACT
from oracles.models import randomized

WORDS = 19
SIZES = {"size": 16, "heads": 4, "layers": 2, "hidden": 24}
MODELS = {
    "gpt": partial(GPT, WORDS, longest=12, **SIZES),
    "gpt, rotary": partial(GPT, WORDS, longest=12, rotary=True, **SIZES),
    "llama": partial(Llama, WORDS, base=100.0, **SIZES),
    "llama, two key heads": partial(Llama, WORDS, key_heads=2, head_size=6, **SIZES),
    "llama, one key head, tied": partial(Llama, WORDS, key_heads=1, tied=True, **SIZES),
}
every = pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)


def built(build):
    torch.manual_seed(0)
    return randomized(build()).double()


def prompt(batch=3, length=4):
    return torch.randint(WORDS, (batch, length), generator=torch.Generator().manual_seed(1))


@every
@pytest.mark.parametrize("kind", [KVCache, partial(KVCache, 12), QuantizedKVCache])
def test_it_gives_the_logits_of_the_modules(kind, build):
    model, pair = built(build), []
    with torch.inference_mode():
        for _ in range(2):
            caches = [kind() for _ in model.layers]
            model(prompt(), caches=caches)
            pair.append(caches)
        step = one_token(model, pair[0])
        for token in prompt(3, 8).split(1, dim=1):
            expected = model(token, caches=pair[1])[:, -1]
            torch.testing.assert_close(step(token), expected, **EXACT)


@every
def test_behind_padding_too(build):
    model, padding, pair = built(build), torch.tensor([0, 3, 1]), []
    with torch.inference_mode():
        for _ in range(2):
            caches = model.caches()
            model(prompt(), caches=caches, padding=padding)
            pair.append(caches)
        step = one_token(model, pair[0], padding)
        for token in prompt(3, 8).split(1, dim=1):
            expected = model(token, caches=pair[1], padding=padding)[:, -1]
            torch.testing.assert_close(step(token), expected, **EXACT)


def test_turns_far_behind_the_first_table_are_those_of_rotate():
    model = built(MODELS["llama"])
    text = prompt(1, 300)
    with torch.inference_mode():
        caches = model.caches()
        model(text[:, :4], caches=caches)
        step = one_token(model, caches)
        for token in text[:, 4:].split(1, dim=1):
            logits = step(token)
        torch.testing.assert_close(logits, model(text)[:, -1], **EXACT)


def test_a_text_too_long_is_refused_there_too():
    model = built(MODELS["gpt"])
    with pytest.raises(ValueError, match="tokens reach place 13, but the longest text has 12"):
        generate(model, prompt(1), length=10)
    assert generate(model, prompt(1), length=9).shape == (1, 13)


class Twice(nn.Module):
    """Wraps a layer, as adapters do."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return 2 * self.layer(x)


def wrap_a_projection(model):
    model.layers[1].self_attention.value = Twice(model.layers[1].self_attention.value).eval()


def listen(model):
    model.layers[0].feed_forward.register_forward_hook(lambda *told: 3 * told[2])


def listen_before(model):
    model.layers[1].feed_forward.down.register_forward_pre_hook(lambda module, told: (3 * told[0],))


def normalize_otherwise(model):
    model.layers[1].self_attention.attend = Attend(normalize=sparsemax).eval()


def scale_otherwise(model):
    model.layers[0].self_attention.attend.scale = 0.1


def turn_otherwise(model):
    model.layers[0].self_attention.turn = partial(rotate, pairing="interleaved")


def turn_by_another_base(model):
    model.layers[1].self_attention.turn = partial(rotate, pairing="half", base=7.0)


def norm_the_queries(model):
    model.layers[0].self_attention.query_norm = nn.RMSNorm(4).double().eval()


def bend_otherwise(model):
    model.layers[0].feed_forward[1] = nn.GELU().eval()


def exchange_forward(model):
    feed = model.layers[0].feed_forward
    feed.forward = lambda x: x


CHANGES = [
    wrap_a_projection, listen, listen_before, normalize_otherwise, scale_otherwise,
    turn_otherwise, turn_by_another_base, norm_the_queries, exchange_forward,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_in_a_model_is_obeyed(change):
    model = built(MODELS["llama"])
    before = generate(model, prompt(), length=6)
    change(model)
    assert one_token(model, model.caches()) is None
    expected = prompt()
    for _ in range(6):
        word = model(expected)[:, -1].argmax(-1, keepdim=True)
        expected = torch.cat((expected, word), dim=1)
    written = generate(model, prompt(), length=6)
    assert torch.equal(written, expected)
    assert not torch.equal(written, before)


def test_sixteen_bits_and_autocast_go_through_the_modules():
    model = built(MODELS["llama"])
    with torch.autocast("cpu", torch.bfloat16):
        assert one_token(model, model.caches()) is None
    assert one_token(model.bfloat16(), model.caches()) is None


def test_what_is_recorded_while_it_writes_is_every_step():
    model = built(MODELS["gpt"])
    with record_attention(model) as maps:
        generate(model, prompt(1), length=5)
    assert [seen.key.shape[2] for seen in maps.calls["layers.1.self_attention"]] == [4, 5, 6, 7, 8]
