"""The training loop: the same seed, the same model; stopped or not; and no silent NaN."""

import json

import pytest
import torch
from safetensors import safe_open
from torch import nn

from course import checkpoints
from course.data.batches import LengthBatches
from course.data.translation import Corpus, load
from course.training import Recipe, Saving, fit, train
from course.training.optimizers import build
from course.training.tasks import steps_in
from course.translation.train_translation import TASK, prepare, untrained

QUIET = {"progress": False, "validate_every": 10}


def problem(seed=0):
    """A small network with dropout, and the loss of a step."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 1))

    def loss(step):
        x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        return (model(x) - x.sum(dim=1, keepdim=True)).square().mean()

    return model, loss


def stopped_at(step, loss):
    def until(now):
        if now == step:
            raise KeyboardInterrupt
        return loss(now)

    return until


def assert_same_weights(one, other):
    for name, weight in one.state_dict().items():
        torch.testing.assert_close(weight, other.state_dict()[name], rtol=0, atol=0)


def test_the_same_seed_gives_the_same_model():
    (one, one_loss), (other, other_loss) = problem(), problem()
    recipe = Recipe(steps=20, learning_rate=0.01)
    assert train(one, one_loss, recipe, **QUIET) == train(other, other_loss, recipe, **QUIET)
    assert_same_weights(one, other)


def test_no_bar_is_drawn_where_tqdm_is_turned_off(capsys):
    """As it is here, by conftest.py: notebooks are compared without bars."""
    model, loss = problem()
    train(model, loss, Recipe(steps=2, learning_rate=0.01))
    assert capsys.readouterr().err == ""


def test_another_seed_drops_other_numbers():
    (one, one_loss), (other, other_loss) = problem(), problem()
    losses = train(one, one_loss, Recipe(20, 0.01, seed=0), **QUIET)
    assert losses != train(other, other_loss, Recipe(20, 0.01, seed=1), **QUIET)


def test_a_stopped_run_goes_on_as_though_it_never_had_been(tmp_path):
    recipe = Recipe(steps=20, learning_rate=0.01, warmup=5)
    whole, whole_loss = problem()
    expected = train(whole, whole_loss, recipe, **QUIET)

    model, loss = problem()
    with pytest.raises(KeyboardInterrupt):
        train(model, stopped_at(13, loss), recipe, saving=Saving(tmp_path / "run"), **QUIET)
    model, loss = problem(seed=1)  # whatever it starts from, the state replaces it
    saving = Saving(tmp_path / "run", resume=True)
    assert train(model, loss, recipe, saving=saving, **QUIET) == expected
    assert_same_weights(whole, model)


def test_the_state_is_one_file_and_no_pickle(tmp_path):
    model, loss = problem()
    train(model, loss, Recipe(10, 0.01), saving=Saving(tmp_path / "run"), **QUIET)
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]
    with safe_open(tmp_path / "run.safetensors", "pt") as state:
        assert "exp_avg.0.weight" in state.keys()  # noqa: SIM118
        assert len(json.loads(state.metadata()["run"])["losses"]) == 10


def test_nothing_to_resume_is_said(tmp_path):
    model, loss = problem()
    with pytest.raises(FileNotFoundError, match="nothing to resume"):
        train(model, loss, Recipe(10, 0.01), saving=Saving(tmp_path / "x", resume=True), **QUIET)


def test_the_state_of_another_recipe_is_refused(tmp_path):
    model, loss = problem()
    train(model, loss, Recipe(10, 0.01), saving=Saving(tmp_path / "run"), **QUIET)
    saving = Saving(tmp_path / "run", resume=True)
    with pytest.raises(ValueError, match=r"'learning_rate': 0\.01.*'learning_rate': 0\.02"):
        train(model, loss, Recipe(10, 0.02), saving=saving, **QUIET)


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_loss_that_is_not_finite_names_the_step_the_rate_and_what_to_try(number):
    model, loss = problem()
    with pytest.raises(FloatingPointError) as raised:
        train(
            model,
            lambda step: loss(step) * (float(number) if step == 7 else 1),
            Recipe(steps=20, learning_rate=0.03, warmup=1),
            **QUIET,
        )
    message = str(raised.value)
    assert f"the loss is {number}" in message
    assert "at step 7, with learning rate 2.3e-02" in message
    assert "Try a learning rate of 1e-02 or a warm-up longer than 1 steps" in message


def test_a_gradient_that_is_not_finite_leaves_the_weights_alone():
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    with pytest.raises(FloatingPointError, match="norm of its gradient"):
        train(model, lambda step: model(torch.zeros(1, 1)).sqrt().sum(), Recipe(5, 0.1), **QUIET)
    assert model.weight.item() == 0


def test_the_rate_rises_evenly_and_falls_as_a_cosine():
    recipe = Recipe(steps=110, learning_rate=1.0, warmup=10)
    assert [recipe.rate(step) for step in (0, 4, 9)] == pytest.approx([0.1, 0.5, 1.0])
    assert [recipe.rate(step) for step in (10, 60, 110)] == pytest.approx([1.0, 0.5, 0.0])


def test_large_gradients_are_scaled_down_to_the_clip():
    model = nn.Linear(3, 1, bias=False)
    seen = []
    model.weight.register_post_accumulate_grad_hook(lambda weight: seen.append(weight.grad))
    train(model, lambda step: 100 * model(torch.ones(1, 3)).sum(), Recipe(1, 0.1, clip=0.5))
    assert seen[0].norm().item() == pytest.approx(0.5, abs=1e-4)


def test_a_batch_holds_sentences_of_one_length():
    batches = LengthBatches(load().train, size=64)
    for step in range(0, batches.each_pass, 40):
        assert len(batches[step]) == 64
        assert len({len(pair.source) for pair in batches[step]}) == 1


def test_a_pass_takes_no_sentence_twice_and_the_next_is_shuffled_anew():
    batches = LengthBatches(load().valid, size=16)
    first = [batches[step] for step in range(batches.each_pass)]
    sources = [pair.source for batch in first for pair in batch]
    assert len(sources) == len(set(sources))
    assert first != [batches[step + batches.each_pass] for step in range(batches.each_pass)]


def test_batches_are_the_same_for_the_same_seed_whichever_step_is_asked_first():
    pairs = load().valid
    one, other = LengthBatches(pairs, size=16, seed=3), LengthBatches(pairs, size=16, seed=3)
    far = other[other.each_pass + 5]
    assert [one[step] for step in (0, 7)] == [other[step] for step in (0, 7)]
    assert one[one.each_pass + 5] == far
    assert one[0] != LengthBatches(pairs, size=16, seed=4)[0]


def test_too_few_sentences_for_a_batch_are_refused():
    with pytest.raises(ValueError, match="no 32 sentences of the same length"):
        LengthBatches(load().valid[:10])


def test_minutes_decide_the_steps():
    assert steps_in(0.5, 1600) == 800
    assert steps_in(1e-9, 1600) == 1
    for minutes in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"minutes must be positive and finite, got {minutes}"):
            steps_in(minutes, 1600)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind must be one of transformer, gru-none"):
        untrained("gru", load())


def short_sentences():
    """All splits cut down to the three-word sentences, the training to a few hundred."""
    corpus = load()
    keep = {
        split: [pair for pair in getattr(corpus, split) if len(pair.source) == 3][:256]
        for split in ("train", "valid", "test", "longer")
    }
    return Corpus(
        **keep,
        source_vocabulary=corpus.source_vocabulary,
        target_vocabulary=corpus.target_vocabulary,
    )


@pytest.mark.parametrize("kind", ["transformer", "gru-additive"])
def test_a_short_training_learns_a_few_sentences(kind, tmp_path):
    corpus = short_sentences()
    job = prepare(kind, TASK.recipe(kind, steps=240), corpus)
    fit(job, folder=tmp_path, progress=False)
    translator = checkpoints.load(job.name, tmp_path)
    with torch.no_grad():
        assert translator.loss(corpus.train).item() < 0.5
    details = checkpoints.details(job.name, tmp_path)
    assert details["kind"] == kind
    assert details["metrics"]["exact_by_length"].keys() == {"3-5"}
    assert details["metrics"]["alignment"]["hit_rate"] > 0.5


def test_muon_moves_the_matrices_of_linear_layers_and_adam_the_rest():
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 3), nn.LayerNorm(3))
    adam, muon = build("muon", model)
    moved = {id(parameter) for group in muon.param_groups for parameter in group["params"]}
    assert isinstance(muon, torch.optim.Muon)
    assert moved == {id(model[1].weight)}
    others = {id(parameter) for group in adam.param_groups for parameter in group["params"]}
    assert moved | others == {id(parameter) for parameter in model.parameters()}


def test_a_stopped_run_with_muon_goes_on_too(tmp_path):
    recipe = Recipe(steps=12, learning_rate=0.01, warmup=3, optimizer="muon")
    whole, whole_loss = problem()
    expected = train(whole, whole_loss, recipe, **QUIET)
    model, loss = problem()
    with pytest.raises(KeyboardInterrupt):
        train(model, stopped_at(11, loss), recipe, saving=Saving(tmp_path / "run"), **QUIET)
    model, loss = problem(seed=1)
    saving = Saving(tmp_path / "run", resume=True)
    assert train(model, loss, recipe, saving=saving, **QUIET) == expected
    assert_same_weights(whole, model)


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(ValueError, match='optimizer must be "adam" or "muon", got \'sgd\''):
        build("sgd", nn.Linear(2, 2))
