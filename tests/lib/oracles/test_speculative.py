"""A draft's guesses change the number of passes, never the distribution of the text."""

from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare
from torch import nn

from attnlib.caches import KVCache
from attnlib.models.generation import accept, generate, residual, speculate
from attnlib.models.generation.sampling import distribution
from attnlib.models.gpt import GPT
from oracles.test_generation import WORDS, gpt2, prompt, their_llama

DRAWS = 8_000


def chances(seed, *shape):
    source = torch.Generator().manual_seed(seed)
    return (2 * torch.randn(*shape, generator=source, dtype=torch.float64)).softmax(-1)


@given(seed=st.integers(0, 10_000), words=st.integers(2, 9))
def test_a_word_comes_as_often_as_the_model_says(seed, words):
    """Summed over all guesses: kept as q·min(1, p/q), or else drawn from what is left of p."""
    p, q = chances(seed, words), chances(seed + 1, words)
    kept = q * (p / q).clamp(max=1)
    comes = kept + (1 - kept.sum()) * residual(p, q)
    torch.testing.assert_close(comes, p, rtol=0, atol=1e-12)


def test_what_is_left_worked_by_hand():
    p, q = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.2, 0.2, 0.6])
    torch.testing.assert_close(residual(p, q), torch.tensor([0.75, 0.25, 0.0]))
    assert torch.equal(residual(p, p), p)


def test_guesses_are_kept_and_replaced_as_often_as_they_should():
    """Two guesses from q, again and again: first words from p₀, and pairs that began as guessed."""
    target, draft, source = chances(0, 3, 3), chances(1, 2, 3), torch.Generator().manual_seed(0)
    first, pairs = torch.zeros(3), torch.zeros(3, 3)
    for _ in range(DRAWS):
        words = draft.multinomial(1, generator=source)[:, 0]
        said = accept(target, draft, words, generator=source)
        first[said[0]] += 1
        if len(said) > 1:
            pairs[said[0], said[1]] += 1
    assert chisquare(first, DRAWS * target[0]).pvalue > 1e-3
    kept = torch.minimum(target[0], draft[0])  # the first guess is kept: then comes the second word
    expected = DRAWS * kept[:, None] * target[1]
    rest = DRAWS - pairs.sum()
    cells = torch.cat((pairs.flatten(), rest[None]))
    wanted = torch.cat((expected.flatten(), DRAWS - expected.sum()[None]))
    assert chisquare(cells, wanted).pvalue > 1e-3


class Table(nn.Module):
    """A model of three words whose next one depends on the last two places, and on nothing else."""

    def __init__(self, seed):
        super().__init__()
        self.table = chances(seed, 3, 3).log()
        self.eval()

    def forward(self, tokens, *, caches, mask=None, padding=None, last=None):
        states = tokens[:, None, :, None].double()
        before, _ = caches[0].update(states, states)
        shifted = torch.cat((before.new_zeros(1, 1), before[:, 0, :-1, 0]), dim=1).long()
        logits = self.table[before[:, 0, :, 0].long()] + 0.5 * self.table[shifted]
        return logits[:, -tokens.shape[1] :][:, -(last or tokens.shape[1]) :]

    def caches(self, capacity=None):
        return [KVCache(capacity)]


@pytest.mark.parametrize("choices", [{"temperature": 1.0}, {"temperature": 0.7, "top_k": 2}])
@pytest.mark.parametrize("guesses", [1, 3])
def test_whole_texts_come_as_often_as_the_model_writes_them(guesses, choices):
    """All 27 texts of three words, 3,000 times: their frequencies against their probabilities."""
    model, draft, start = Table(0), Table(1), torch.tensor([[1]])
    texts = torch.tensor(list(product(range(3), repeat=3)))
    read = torch.cat((start.expand(27, -1), texts), dim=1)
    p = torch.ones(27, dtype=torch.float64)
    for text in range(27):
        following = distribution(model(read[text : text + 1], caches=model.caches())[0], **choices)
        p[text] = following[torch.arange(3), texts[text]].prod()
    torch.testing.assert_close(p.sum(), torch.tensor(1.0).double())

    counts, source = torch.zeros(27), torch.Generator().manual_seed(0)
    for _ in range(3_000):
        written = speculate(
            model, draft, start, length=3, guesses=guesses, generator=source, **choices
        ).tokens[0, 1:]
        counts[9 * written[0] + 3 * written[1] + written[2]] += 1
    assert counts[p == 0].sum() == 0
    often = 3_000 * p > 5  # chi-square asks for five
    cells = torch.cat((counts[often], counts[~often].sum()[None]))
    wanted = torch.cat((3_000 * p[often], 3_000 * p[~often].sum()[None]))
    keep = wanted > 0
    assert chisquare(cells[keep], wanted[keep]).pvalue > 1e-3


@pytest.fixture(scope="module", params=[gpt2, their_llama], ids=["gpt2", "llama"])
def model(request):
    return request.param()[0]


def small(seed=5):
    torch.manual_seed(seed)
    return GPT(WORDS, size=8, heads=2, layers=1, longest=40).double().eval()


@pytest.mark.parametrize("guesses", [1, 2, 4, 30])
@pytest.mark.parametrize("text", [1, 5])
def test_greedy_is_token_for_token_what_the_model_writes(guesses, text, model):
    for draft in (small(), model):
        said = speculate(model, draft, prompt(1, text), length=12, guesses=guesses)
        assert torch.equal(said.tokens, generate(model, prompt(1, text), length=12))
        assert (draft is not model) or said.guessed == said.accepted > 0


def test_an_end_ends_the_text(model):
    free = generate(model, prompt(1), length=12)
    for end in free[0, 5:].unique().tolist():
        said = speculate(model, model, prompt(1), length=12, end=end).tokens
        assert torch.equal(said, generate(model, prompt(1), length=12, end=end))


def test_one_seed_writes_one_text(model):
    texts = [
        speculate(
            model, small(), prompt(1), length=9, temperature=1.0,
            generator=torch.Generator().manual_seed(seed),
        ).tokens
        for seed in (0, 0, 1)
    ]  # fmt: skip
    assert torch.equal(texts[0], texts[1])
    assert not torch.equal(texts[0], texts[2])


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"guesses": 0}, ValueError, "guesses must be at least 1, got 0"),
        ({"tokens": prompt(2)}, ValueError, r"tokens must be one text, \(1, T\), got \(2, 5\)"),
        ({"temperature": -1}, ValueError, "temperature must be 0 or more"),
        ({"draft": GPT(9, size=8, heads=2, layers=1).double().eval(), "tokens": prompt(1) % 9},
         ValueError, "draft has size 9, but target has 23"),
        ({"draft": GPT(WORDS, size=8, heads=2, layers=1)}, ValueError, "in training mode"),
    ],
)  # fmt: skip
def test_what_cannot_be_speculated_on_is_named(changed, error, words, model):
    given = {"tokens": prompt(1), "draft": small(), "length": 4} | changed
    with pytest.raises(error, match=words):
        speculate(model, given.pop("draft"), given.pop("tokens"), **given)
