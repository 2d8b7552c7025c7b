"""What a model writes, against transformers' `generate` and against no cache at all."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from attnlib import masks
from attnlib.caches import KVCache, PagedKVCache, PagePool, QuantizedKVCache, SlidingKVCache
from attnlib.models import gpt, llama
from attnlib.models.generation import generate
from attnlib.models.generation.sampling import distribution, draw
from oracles.models import randomized

WORDS, LENGTH = 23, 12


def gpt2():
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=WORDS, n_embd=12, n_layer=2, n_head=3, n_positions=24, bos_token_id=0,
        eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    theirs = randomized(GPT2LMHeadModel(config))
    ours = gpt.from_transformers(theirs.state_dict(), config.to_dict())
    return ours.double(), theirs.double()


def their_llama():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=WORDS, hidden_size=12, num_hidden_layers=2, num_attention_heads=6,
        num_key_value_heads=2, head_dim=4, intermediate_size=20, bos_token_id=0, eos_token_id=None,
        pad_token_id=0, rope_parameters={"rope_type": "default", "rope_theta": 100.0},
    )  # fmt: skip
    theirs = randomized(LlamaForCausalLM(config))
    ours = llama.from_transformers(theirs.state_dict(), config.to_dict())
    return ours.double(), theirs.double()


@pytest.fixture(scope="module", params=[gpt2, their_llama], ids=["gpt2", "llama"])
def pair(request):
    """Ours and theirs, with the same random weights, in float64."""
    return request.param()


@pytest.fixture
def ours(pair):
    return pair[0]


def prompt(batch=2, length=5, seed=1):
    return torch.randint(1, WORDS, (batch, length), generator=torch.Generator().manual_seed(seed))


def read_anew(model, tokens, length, **choices):
    """Greedy with no cache: the whole text is read again for each token."""
    for _ in range(length):
        logits = model(tokens, **choices)[:, -1]
        tokens = torch.cat((tokens, logits.argmax(-1, keepdim=True)), dim=1)
    return tokens


def test_greedy_writes_what_transformers_writes(pair):
    ours, theirs = pair
    expected = theirs.generate(prompt(), max_new_tokens=LENGTH, do_sample=False)
    assert torch.equal(generate(ours, prompt(), length=LENGTH), expected)


def test_a_row_that_ended_stays_ended_as_in_transformers(pair):
    ours, theirs = pair
    free = generate(ours, prompt(4), length=LENGTH)
    end = int(free[0, 7])
    expected = theirs.generate(
        prompt(4), max_new_tokens=LENGTH, do_sample=False, eos_token_id=end, pad_token_id=end
    )
    assert torch.equal(generate(ours, prompt(4), length=LENGTH, end=end), expected)


def test_when_all_have_ended_no_more_is_written(ours):
    free = generate(ours, prompt(1), length=LENGTH)
    end = int(free[0, 7])
    first = free[0, 5:].tolist().index(end)
    assert torch.equal(generate(ours, prompt(1), length=LENGTH, end=end), free[:, : 6 + first])


def padded(texts):
    """The texts, each behind as much padding as it needs, and how much that is."""
    longest = max(len(text) for text in texts)
    padding = torch.tensor([longest - len(text) for text in texts])
    rows = [torch.cat((text.new_zeros(longest - len(text)), text)) for text in texts]
    return torch.stack(rows), padding


TEXTS = [prompt(1, length, seed=length)[0] for length in (6, 2, 4)]


def test_behind_padding_each_row_is_written_as_if_alone(pair):
    ours, theirs = pair
    tokens, padding = padded(TEXTS)
    written = generate(ours, tokens, length=LENGTH, padding=padding)
    for text, row, before in zip(TEXTS, written, padding.tolist(), strict=True):
        assert torch.equal(row[before:], generate(ours, text[None], length=LENGTH)[0])
    seen = torch.arange(6) >= padding[:, None]
    expected = theirs.generate(
        tokens, attention_mask=seen.long(), max_new_tokens=LENGTH, do_sample=False
    )
    assert torch.equal(written, expected)


def test_what_lies_in_padding_is_not_read(ours):
    tokens, padding = padded(TEXTS)
    other = tokens.masked_fill(torch.arange(6) < padding[:, None], 9)
    written, expected = (generate(ours, t, length=LENGTH, padding=padding) for t in (other, tokens))
    assert torch.equal(written[:, 6:], expected[:, 6:])


def sizes(model):
    attention = model.layers[0].self_attention
    return {"key_heads": attention.key_heads, "head_size": attention.head_size}


def paged(model):
    pool = PagePool(40, 3, dtype=torch.float64, **sizes(model))
    return [PagedKVCache(pool) for _ in model.layers]


CACHES = {
    "by default": lambda model: None,
    "growing": lambda model: [KVCache() for _ in model.layers],
    "of a capacity": lambda model: model.caches(20),
    "paged": paged,
    "sliding": lambda model: [SlidingKVCache(30) for _ in model.layers],
}


@pytest.mark.parametrize("make", CACHES.values(), ids=CACHES)
def test_every_cache_writes_what_no_cache_writes(make, ours):
    expected = read_anew(ours, prompt(1), LENGTH)
    assert torch.equal(generate(ours, prompt(1), length=LENGTH, caches=make(ours)), expected)


def test_eight_bits_write_what_they_write_with_the_text_read_anew(ours):
    def read(tokens):
        return ours(tokens, caches=[QuantizedKVCache() for _ in ours.layers])

    expected = prompt()
    with torch.no_grad():
        for _ in range(LENGTH):
            word = read(expected)[:, -1].argmax(-1, keepdim=True)
            expected = torch.cat((expected, word), dim=1)
    caches = [QuantizedKVCache() for _ in ours.layers]
    assert torch.equal(generate(ours, prompt(), length=LENGTH, caches=caches), expected)


@pytest.mark.parametrize("width", [1, 3, 5, 6, 9])
def test_a_ring_writes_what_its_window_writes_with_no_cache(width, ours):
    window, caches = masks.Window(width), [SlidingKVCache(width) for _ in ours.layers]
    expected = read_anew(ours, prompt(), LENGTH, mask=window)
    assert torch.equal(
        generate(ours, prompt(), length=LENGTH, mask=window, caches=caches), expected
    )


@pytest.mark.parametrize("width", [2, 4, 9])
def test_a_ring_goes_with_padding(width, ours):
    tokens, padding = padded(TEXTS)
    window = masks.Window(width)
    caches = [SlidingKVCache(width) for _ in ours.layers]
    written = generate(ours, tokens, length=8, padding=padding, mask=window, caches=caches)
    for text, row, before in zip(TEXTS, written, padding.tolist(), strict=True):
        assert torch.equal(row[before:], read_anew(ours, text[None], 8, mask=window)[0])


def test_a_text_goes_on_from_its_caches(ours):
    whole = generate(ours, prompt(), length=LENGTH)
    caches = ours.caches()
    first = generate(ours, prompt(), length=4, caches=caches)
    more = generate(ours, first[:, -1:], length=LENGTH - 4, caches=caches)
    assert torch.equal(torch.cat((first, more[:, 1:]), dim=1), whole)


def test_each_token_is_drawn_from_the_distribution_after_those_before(ours):
    """The same chances drawn by hand, over logits read with no cache."""
    choices = {"temperature": 0.7, "top_k": 9, "top_p": 0.95}
    source, expected = torch.Generator().manual_seed(3), prompt()
    for _ in range(LENGTH):
        chances = distribution(ours(expected)[:, -1], **choices)
        word = draw(chances, torch.rand(2, generator=source))
        expected = torch.cat((expected, word[:, None]), dim=1)
    again = torch.Generator().manual_seed(3)
    assert torch.equal(
        generate(ours, prompt(), length=LENGTH, generator=again, **choices), expected
    )


def test_a_cold_draw_is_greedy(ours):
    drawn = generate(ours, prompt(), length=LENGTH, temperature=1e-6)
    assert torch.equal(drawn, generate(ours, prompt(), length=LENGTH))


def test_what_is_written_can_be_learned_from(ours):
    """The tokens, and the caches, are no longer those of inference mode."""
    caches = ours.caches(40)
    written = generate(ours, prompt(), length=3, caches=caches)
    ours(written).sum().backward()
    with torch.no_grad():
        ours(written[:, -1:], caches=caches)
    ours.zero_grad(set_to_none=True)


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"length": -1}, ValueError, "length must be at least 0, got -1"),
        ({"length": 1.5}, TypeError, "length must be a whole number, got 1.5"),
        ({"temperature": -1.0}, ValueError, "temperature must be 0 or more, got -1.0"),
        ({"top_k": 0}, ValueError, "top_k must be at least 1, got 0"),
        ({"top_p": 0.0}, ValueError, "top_p must be above 0 and at most 1, got 0.0"),
        ({"end": -1}, ValueError, "end must be at least 0, got -1"),
        ({"tokens": torch.zeros(2, 0).long()}, ValueError, "tokens must have at least one token"),
        ({"tokens": torch.zeros(2)}, TypeError, "tokens must be integers, got torch.float32"),
        ({"tokens": torch.zeros(2).long()}, ValueError, "tokens must have 2 axes"),
        ({"tokens": torch.full((1, 2), WORDS)}, ValueError, "tokens must be from 0 to 22, got 23"),
        ({"padding": torch.tensor([6, 0])}, ValueError, r"padding must be from 0 to 5, got \[6, 0"),
        ({"padding": torch.tensor([1])}, ValueError, "padding has batch size 1, but tokens has 2"),
        ({"caches": []}, ValueError, "caches must be 2, one per layer; got 0"),
    ],
)
def test_what_cannot_be_written_is_named(changed, error, words, ours):
    given = {"tokens": prompt(), "length": 2} | changed
    with pytest.raises(error, match=words):
        generate(ours, given.pop("tokens"), **given)


def test_a_model_in_training_mode_is_refused(ours):
    ours.train()
    with pytest.raises(ValueError, match=r"model is in training mode, .* call model\.eval\(\)"):
        generate(ours, prompt(), length=1)
    ours.eval()
