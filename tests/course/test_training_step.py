"""What one step of training does, held against the formulas written out by hand."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course.data.translation import Corpus, load
from course.data.vocabulary import PAD
from course.training import Recipe, train
from course.training.optimizers import build
from course.translation import train_positions, train_translation

QUIET = {"progress": False}


class Point(nn.Module):
    """Three numbers in float64, to be moved."""

    def __init__(self):
        super().__init__()
        self.at = nn.Parameter(torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64))


def slope(step):
    return torch.tensor([0.1 * step, -5.0, 0.3], dtype=torch.float64)


def test_steps_are_those_of_adam_as_it_is_written():
    """Kingma & Ba, algorithm 1, with β₁ = 0.9, β₂ = 0.98, ε = 10⁻⁹, gradients cut to norm 0.5."""
    recipe = Recipe(steps=6, learning_rate=0.1, warmup=3, clip=0.5)
    point = Point()
    train(point, lambda step: (point.at * slope(step)).sum(), recipe, **QUIET)
    at, first, second = Point().at.detach(), torch.zeros(3), torch.zeros(3)
    for step in range(6):
        gradient = slope(step) * 0.5 / (slope(step).norm() + 1e-6)  # as PyTorch's clip has it
        first = 0.9 * first + 0.1 * gradient
        second = 0.98 * second + 0.02 * gradient**2
        along = first / (1 - 0.9 ** (step + 1))
        spread = (second / (1 - 0.98 ** (step + 1))).sqrt()
        rate = 0.1 * (step + 1) / 3
        if step >= 3:
            rate = 0.1 * (1 + math.cos(math.pi * (step - 3) / 3)) / 2
        at = at - rate * along / (spread + 1e-9)
    torch.testing.assert_close(point.at.detach(), at, rtol=0, atol=1e-8)


def test_adam_and_muon_are_set_as_the_chapters_say():
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 3))
    adam, muon = build("muon", model)
    assert (adam.defaults["betas"], adam.defaults["eps"]) == ((0.9, 0.98), 1e-9)
    assert adam.defaults["weight_decay"] == 0
    assert muon.defaults["weight_decay"] == 0
    assert [group["factor"] for group in adam.param_groups] == [1.0]
    assert [group["factor"] for group in muon.param_groups] == [7.0]


def test_muon_goes_its_own_factor_of_the_rate_and_adam_the_rate():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4))
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    recipe = Recipe(steps=1, learning_rate=0.01, warmup=0, optimizer="muon")
    train(model, lambda step: model(torch.eye(4)).square().sum(), recipe, **QUIET)
    moved = {name: weight - before[name] for name, weight in model.named_parameters()}
    torch.testing.assert_close(moved["0.bias"].abs(), torch.full((4,), 0.01))
    stretches = torch.linalg.svdvals(moved["0.weight"].detach())
    assert 0.6 * 0.07 < stretches.min() <= stretches.max() < 1.3 * 0.07  # of U·Vᵀ about 1 each


def test_a_step_trains_and_validation_does_not():
    model, modes = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5)), []

    def loss(step):
        modes.append(("train", model.training))
        return model(torch.ones(4, 2)).sum()

    def validate():
        modes.append(("validate", model.training))
        return ""

    train(model, loss, Recipe(2, 0.1), validate=validate, validate_every=1, **QUIET)
    assert modes == [("train", True), ("validate", False)] * 2
    assert not model.training


def test_every_step_drops_other_numbers():
    model, dropped = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5)), []

    def loss(step):
        dropped.append(model[1](torch.ones(64)).tolist())
        return model(torch.ones(4, 2)).sum()

    train(model, loss, Recipe(3, 0.1), **QUIET)
    assert all({0.0, 2.0} == set(numbers) for numbers in dropped)
    assert dropped[0] != dropped[1] != dropped[2] != dropped[0]


def test_gradients_of_the_last_step_are_gone():
    model, seen = nn.Linear(1, 1, bias=False), []
    model.weight.register_post_accumulate_grad_hook(lambda weight: seen.append(weight.grad.item()))
    train(model, lambda step: 0.1 * model(torch.ones(1, 1)).sum(), Recipe(3, 0.1), **QUIET)
    assert seen == pytest.approx([0.1, 0.1, 0.1])


def few():
    corpus = load()
    pairs = [pair for pair in corpus.train if len(pair.source) == 5][:64]
    words = corpus.source_vocabulary, corpus.target_vocabulary
    return Corpus(pairs, pairs, pairs, [], *words)


@pytest.mark.parametrize(
    ("task", "choice"), [(train_translation, "transformer"), (train_positions, "rotary")]
)
def test_translators_are_trained_on_smoothed_words_with_dropout(task, choice):
    """1 − ε on the right word and ε spread over all, ε = 0.1 (Vaswani et al., section 5.4)."""
    corpus = few()
    job = task.prepare(choice, Recipe(10, 0.1), corpus)
    pairs = task.LengthBatches(corpus.train, size=32, seed=0)[3]
    source = torch.tensor([corpus.source_vocabulary.encode(pair.source) for pair in pairs])
    translator = train_translation.Translator(
        job.model, corpus.source_vocabulary, corpus.target_vocabulary
    )
    source, lengths, target = translator.batch(
        [pair.source for pair in pairs], [pair.target for pair in pairs]
    )
    job.model.eval()
    log_p = job.model(source, lengths, target[:, :-1]).log_softmax(dim=-1)
    right = F.one_hot(target[:, 1:], log_p.shape[-1])
    wanted = 0.9 * right + 0.1 / log_p.shape[-1]
    each = -(wanted * log_p).sum(dim=-1)[target[:, 1:] != PAD]
    torch.testing.assert_close(job.loss(3), each.mean())
    job.model.train()
    assert {part.p for part in job.model.modules() if isinstance(part, nn.Dropout)} == {0.1}
    losses = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        losses.append(job.loss(3).item())
    assert losses[0] != losses[1]
