"""A GPT that writes: caches change nothing, surprise is the sum of its parts, seeds decide."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles.models import randomized
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from attnlib.models.generation.sampling import distribution
from attnlib.models.gpt import GPT, from_transformers
from course.data.byte_pair import BytePairs
from course.language import ngrams
from course.language.writer import Writer, load, perplexity

CHARACTERS = "abcdefgh"


def small(rotary=False, longest=16):
    torch.manual_seed(0)
    sizes = {"size": 16, "heads": 2, "layers": 2, "dropout_p": 0.0}
    model = GPT(len(CHARACTERS), **sizes, longest=longest, rotary=rotary).double().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


@pytest.mark.parametrize("rotary", [False, True])
@pytest.mark.parametrize("split", [(1,) * 10, (4, 6), (7, 1, 2)])
def test_logits_with_caches_are_those_without(rotary, split):
    model, tokens = small(rotary), torch.randint(8, (3, 10))
    caches = model.caches()
    parts = [model(part, caches=caches) for part in tokens.split(split, dim=1)]
    torch.testing.assert_close(torch.cat(parts, dim=1), model(tokens), rtol=0, atol=1e-12)


@pytest.mark.parametrize("rotary", [False, True])
def test_later_tokens_change_no_earlier_logits(rotary):
    model, tokens = small(rotary), torch.randint(8, (1, 10))
    other = tokens.clone()
    other[:, 6:] = (other[:, 6:] + 1) % 8
    assert torch.equal(model(tokens)[:, :6], model(other)[:, :6])


def test_a_cache_too_few_is_refused():
    with pytest.raises(ValueError, match="caches must be 2, one per layer; got 1"):
        small()(torch.zeros(1, 1, dtype=torch.long), caches=small().caches()[:1])


def test_a_text_longer_than_the_model_is_refused_with_and_without_caches():
    model, caches = small(longest=4), small(longest=4).caches()
    model(torch.zeros(1, 4, dtype=torch.long), caches=caches)
    for tokens, kept in ((5, None), (1, caches)):
        with pytest.raises(ValueError, match="tokens reach place 5, but the longest text has 4"):
            model(torch.zeros(1, tokens, dtype=torch.long), caches=kept)


def test_surprise_is_the_cross_entropy_of_every_window():
    writer, text = Writer(small(), BytePairs(CHARACTERS), context=4), "abcdefghabcd"
    tokens = writer.tokens(text)[0]
    expected = sum(
        F.cross_entropy(writer.model(tokens[None, a:b])[0], tokens[a + 1 : b + 1], reduction="sum")
        for a, b in ((0, 4), (4, 8), (8, 11))
    )
    assert writer.surprise(text) == pytest.approx(expected.item())


def test_greedy_writing_is_that_of_transformers():
    config = GPT2Config(vocab_size=8, n_embd=16, n_layer=2, n_head=2, n_positions=32,
                        bos_token_id=0, eos_token_id=None, pad_token_id=0)  # fmt: skip
    theirs = randomized(GPT2LMHeadModel(config))
    ours = from_transformers(theirs.state_dict(), config.to_dict()).double()
    writer = Writer(ours, BytePairs(CHARACTERS), context=32)
    prompt = writer.tokens("abc")
    tokens = theirs.double().generate(
        prompt, max_new_tokens=12, do_sample=False, attention_mask=torch.ones_like(prompt)
    )
    assert writer.write("abc", 12, temperature=1e-9) == writer.tokenizer.decode(tokens[0].tolist())


def test_each_token_written_is_drawn_from_its_distribution():
    writer, choices = Writer(small(), BytePairs(CHARACTERS), 16), {"temperature": 0.7, "top_k": 3}
    written = writer.write("ab", 8, **choices, seed=5)
    chances = torch.rand(8, generator=torch.Generator().manual_seed(5))
    for place, chance in enumerate(chances, start=2):
        running = distribution(writer.next(written[:place]), **choices).cumsum(0)
        assert CHARACTERS[int((running <= chance).sum())] == written[place]


def test_the_seed_decides_what_is_written():
    writer = Writer(small(), BytePairs(CHARACTERS), 16)
    assert writer.write("a", 12, seed=1) == writer.write("a", 12, seed=1)
    assert writer.write("a", 12, seed=1) != writer.write("a", 12, seed=2)


@pytest.mark.parametrize("rotary", [False, True])
def test_writing_goes_on_when_the_context_is_full(rotary):
    writer = Writer(small(rotary, longest=8), BytePairs(CHARACTERS), context=8)
    assert len(writer.write("abcdefghabcdefgh", 30)) == 46


@pytest.mark.parametrize("seed", range(8))
def test_a_full_context_is_read_anew_from_its_newer_half(seed):
    writer = Writer(small(), BytePairs(CHARACTERS), context=8)
    written = writer.write("abcdefgh", 3, seed=seed)
    chance = torch.rand(3, generator=torch.Generator().manual_seed(seed))[1]
    running = distribution(writer.next(written[5:9])).cumsum(0)
    assert CHARACTERS[int((running <= chance).sum())] == written[9]


def test_an_empty_prompt_is_refused():
    with pytest.raises(ValueError, match="text must have at least one character"):
        Writer(small(), BytePairs(CHARACTERS), 8).write("", 3)


def test_perplexity_of_a_fair_die_is_its_number_of_faces():
    assert perplexity(math.log(6)) == pytest.approx(6)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_ngrams_are_distributions_that_mix_with_the_next_shorter(order):
    tokens = torch.randint(4, (200,), generator=torch.Generator().manual_seed(0))
    counts = ngrams.learn(tokens, words=5, order=order)
    for history in ([0, 1, 2, 3], [4, 4, 4, 4]):  # token 4 never came
        chances = counts.next(history)
        assert chances.sum().item() == pytest.approx(1)
        assert chances.min() > 0
    never = counts.next([4] * 4)
    torch.testing.assert_close(never, counts.shorter(1).next([]))


def test_a_bigram_by_hand():
    # After a came b once and a once: 2 kinds. Unigram, from aab with V = 2: a (2 + 2/2)/5 = 0.6.
    counts = ngrams.learn(torch.tensor([0, 0, 1]), words=2, order=2)
    assert counts.next([0]).tolist() == pytest.approx([(1 + 2 * 0.6) / 4, (1 + 2 * 0.4) / 4])
    assert counts.next([1]).tolist() == pytest.approx([0.6, 0.4])  # nothing came after b
    assert counts.surprise(torch.tensor([0, 1])).tolist() == pytest.approx([-math.log(0.45)])
    assert counts.entries == 2  # aa and ab


@given(st.lists(st.integers(0, 2), min_size=6, max_size=40), st.integers(1, 4))
def test_ngrams_say_what_counting_word_by_word_says(numbers, order):
    def chance(history, token):
        """The formula, read off the text itself."""
        shorter = chance(history[1:], token) if history else 1 / 3
        followed = [
            numbers[i + len(history)]
            for i in range(len(numbers) - len(history))
            if tuple(numbers[i : i + len(history)]) == history
        ]
        kinds = len(set(followed))
        if not followed:
            return chance(history[1:], token)
        return (followed.count(token) + kinds * shorter) / (len(followed) + kinds)

    counts = ngrams.learn(torch.tensor(numbers), words=3, order=order)
    history = tuple(numbers[1:order])
    expected = [chance(history, token) for token in range(3)]
    assert counts.next(history).tolist() == pytest.approx(expected)


def test_ngrams_refuse_what_cannot_be_counted():
    tokens = torch.tensor([0, 1, 0])
    for order, words in ((0, "at least 1, got 0"), (11, "80.11 stretches are too many")):
        with pytest.raises(ValueError, match=words):
            ngrams.learn(tokens, words=80, order=order)
    counts = ngrams.learn(tokens, words=80, order=2)
    with pytest.raises(ValueError, match="between 1 and 2, got 3"):
        counts.shorter(3)
    with pytest.raises(ValueError, match="history must have 1 tokens, got 0"):
        counts.next([])


@pytest.mark.parametrize("name", ["gpt_characters", "gpt_pieces"])
def test_the_checkpoints_write_and_know_their_text(name):
    writer = load(name)
    assert (
        writer.tokenizer.decode(writer.tokenizer.encode("ROMEO\nO, speak!")) == "ROMEO\nO, speak!"
    )
    text = "JULIET\nGood night, good night! parting is such sweet sorrow\n"
    assert writer.surprise(text) / len(text) < 1.8


@pytest.mark.parametrize("temperature", [1e-38, 1e-45])
def test_writing_in_the_cold_is_greedy(temperature):
    writer = Writer(small(), BytePairs(CHARACTERS), 8)
    cold = writer.write("abc", 6, temperature=temperature)
    assert cold == writer.write("abc", 6, top_k=1)


def test_a_length_that_is_no_number_of_tokens_is_refused():
    writer = Writer(small(), BytePairs(CHARACTERS), 8)
    assert writer.write("abc", 0) == "abc"
    with pytest.raises(ValueError, match="length must be at least 0, got -1"):
        writer.write("abc", -1)


def test_what_is_no_text_is_refused():
    with pytest.raises(TypeError, match="text must be a string, got tuple"):
        Writer(small(), BytePairs(CHARACTERS), 8).write(("a", "b"), 1)


def test_what_cannot_be_seen_in_an_unknown_text_is_written_out():
    writer = Writer(small(), BytePairs(CHARACTERS), 8)
    with pytest.raises(ValueError) as raised:
        writer.write("a\r\x1b\u202e", 1)
    assert str(raised.value).endswith(r"not known: \r \x1b \u202e")
