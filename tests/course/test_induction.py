"""Induction scores: of heads made by hand, and of training."""

import pytest
import torch
from torch import nn

from attnlib import Attend
from attnlib.inspect.induction import losses, periodic, repeated, scores
from attnlib.models.gpt import GPT
from course import checkpoints
from course.language import train_plays
from course.training import Recipe, fit


class Looks(nn.Module):
    """One head that puts all its weight so many places back."""

    def __init__(self, back, words=9):
        super().__init__()
        self.attend, self.back, self.words = Attend(), back, words

    def forward(self, tokens):
        places = torch.arange(tokens.shape[1])
        here = (places[:, None] - places - self.back == 0).float()
        one = torch.eye(tokens.shape[1])
        self.attend(1e4 * here[None, None], one[None, None], one[None, None])
        return torch.zeros(*tokens.shape, self.words)


def test_a_head_that_looks_at_what_followed_scores_one():
    tokens = repeated(9, 6, batch=2, seed=0)
    assert scores(Looks(back=5), tokens).item() == pytest.approx(1)


@pytest.mark.parametrize("back", [0, 1, 4, 6])
def test_a_head_that_looks_elsewhere_scores_nothing(back):
    assert scores(Looks(back), repeated(9, 6, batch=2, seed=0)).item() == pytest.approx(0)


def test_the_halves_are_equal_and_have_no_token_twice():
    tokens = repeated(9, 6, batch=4, seed=0)
    assert torch.equal(tokens[:, :6], tokens[:, 6:])
    assert all(len(set(row[:6].tolist())) == 6 for row in tokens)


def test_who_knows_nothing_loses_the_same_in_both_halves():
    once, again = losses(Looks(1), repeated(9, 6, batch=2, seed=0))
    assert once == again == pytest.approx(torch.tensor(9.0).log().item())


def test_losses_are_of_what_can_and_cannot_be_known():
    class Copies(nn.Module):
        def forward(self, tokens):  # what followed the same token six places ago
            guess = tokens.roll(5, dims=1)
            guess[:, :5] = tokens[:, :5]  # nothing stands five places before these
            return 50 * nn.functional.one_hot(guess, 9).float()

    once, again = losses(Copies(), repeated(9, 6, batch=2, seed=0))
    assert again == pytest.approx(0)
    assert once > 10


def test_halves_that_differ_are_refused():
    with pytest.raises(ValueError, match="tokens must be the same sequence twice"):
        scores(Looks(1), torch.tensor([[1, 2, 3, 1, 2, 4]]))


def test_more_tokens_than_there_are_are_refused():
    with pytest.raises(ValueError, match="length must be at most 9, the number of words; got 10"):
        repeated(9, 10, batch=1, seed=0)


def test_a_short_training_lowers_the_loss_and_stores_what_it_learned(tmp_path):
    text = train_plays.plays.load()
    little = train_plays.plays.Text(text.train[:30_000], text.held_out[:2_000])
    job = train_plays.prepare("pieces", train_plays.TASK.recipe("pieces", steps=17), little)
    fit(job, folder=tmp_path, progress=False)
    writer = checkpoints.load("gpt_pieces", tmp_path)
    told = checkpoints.details("gpt_pieces", tmp_path)
    steps = [shot["step"] for shot in told["induction"]]
    assert steps == [0, 2, 4, 6, 8, 10, 12, 14, 16, 17]  # 17 is no multiple of 8
    uniform = torch.tensor(float(len(writer.tokenizer))).log().item()
    tokens = writer.tokenizer.encode(little.held_out)
    assert writer.surprise(little.held_out) / len(tokens) < uniform - 0.1


def test_the_same_seed_trains_the_same_writer(tmp_path):
    text = train_plays.plays.Text("to be, or not to be? " * 100, "to be? " * 100)
    recipe = train_plays.TASK.recipe("characters", steps=3)
    one, other = (train_plays.prepare("characters", recipe, text) for _ in range(2))
    for place, job in (("a", one), ("b", other)):
        fit(job, folder=tmp_path / place, progress=False)
    for name, weight in one.model.state_dict().items():
        assert torch.equal(weight, other.model.state_dict()[name])


def test_stored_merges_are_those_a_short_retraining_gives():
    told = checkpoints.details("gpt_pieces")
    merges = train_plays.learn(train_plays.plays.load().train, 20).merges
    assert [tuple(pair) for pair in told["merges"][:20]] == merges


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind must be one of characters, pieces; got 'words'"):
        train_plays.prepare("words", Recipe(1, 0.1), train_plays.plays.Text("a b", "a"))


def test_targets_are_one_token_further_than_what_is_read():
    model = GPT(5, size=8, heads=2, layers=1, longest=8, dropout_p=0.0)
    tokens = torch.tensor([[0, 1, 2, 3]])
    expected = nn.functional.cross_entropy(model(tokens[:, :3])[0], torch.tensor([1, 2, 3]))
    torch.testing.assert_close(train_plays.loss(model, tokens), expected)


def test_a_periodic_sequence_starts_anew_after_its_own_period():
    tokens = periodic(20, 30, periods=range(5, 12), batch=16, seed=0)
    found = set()
    for row in tokens.tolist():
        period = next(p for p in range(1, 30) if row[p:] == row[:-p])
        assert len(set(row)) == period
        found.add(period)
    assert found <= set(range(5, 12))
    assert len(found) > 3


def test_a_period_longer_than_the_words_is_refused():
    with pytest.raises(ValueError, match="periods must be at most 8, the number of words"):
        periodic(8, 30, periods=range(5, 12), batch=1, seed=0)
