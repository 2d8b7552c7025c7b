"""The classifiers of digits: what they see, and that training them is what it says."""

import pytest
import torch

from attnlib.models.vit import cut
from course import checkpoints
from course.data.digits import load
from course.digits import networks, train_digits
from course.digits.networks import KINDS, blank, untrained
from course.digits.train_digits import accuracy, digit_loss, prepare
from course.measurements.chapter_12 import patch_orders, shuffled
from course.training import Recipe, fit

IMAGES = load().test.images[:8]


def test_all_kinds_have_about_equal_numbers_of_parameters():
    counts = [sum(part.numel() for part in untrained(kind).parameters()) for kind in KINDS]
    assert max(counts) < 1.06 * min(counts)


@pytest.mark.parametrize(("kind", "notices"), [("vit", True), ("vit-no-positions", False)])
def test_only_with_positions_does_the_order_of_patches_matter(kind, notices):
    model = untrained(kind).double().eval()
    images = IMAGES.double()
    same = torch.allclose(model(images), model(shuffled(images)), atol=1e-9)
    assert same is not notices


def test_moved_windows_carry_news_across_borders():
    model = untrained("swin").double()
    x = torch.randn(1, 4, 4, 32, dtype=torch.float64)
    changed = x.clone()
    changed[0, 0, 0] += torch.randn(32, dtype=torch.float64)
    reached = []
    for layer in model.patches:
        x, changed = layer(x), layer(changed)
        reached.append(int(((x - changed).abs().amax(dim=3) > 1e-9).sum()))
    assert reached == [2 * 2, 3 * 3]


def test_swin_merges_squares_of_four_patches():
    """Where no window mixes anything, what is merged depends on its own 4 × 4 pixels."""
    model = untrained("swin").double()
    merged = []
    model.merge.register_forward_hook(lambda *seen: merged.append(seen[2]))
    for layer in model.patches:
        layer.window.forward = lambda image: image
    images = IMAGES[:1].double()
    changed = images.clone()
    changed[0, 0, 3, 4:6] += 0.5
    model(images), model(changed)
    differs = (merged[0] - merged[1]).abs().amax(dim=2)[0] > 1e-9
    assert differs.nonzero().flatten().tolist() == [1]


def test_blanking_takes_the_ink_of_the_named_patches_only():
    places = torch.tensor([[0, 5]]).expand(len(IMAGES), 2)
    before, after = cut(IMAGES, 2), cut(blank(IMAGES, places), 2)
    assert not after[:, [0, 5]].any()
    kept = [place for place in range(16) if place not in (0, 5)]
    assert torch.equal(after[:, kept], before[:, kept])


def test_orders_of_patches_begin_with_the_most():
    orders = patch_orders(networks.load(), load().test.take(slice(8)))
    ink = cut(IMAGES, 2).sum(dim=2)
    assert bool((ink.gather(1, orders["most ink"]).diff(dim=1) <= 0).all())
    inked = (ink > 0).gather(1, orders["at random, with ink"]).int()
    assert bool((inked.diff(dim=1) <= 0).all())


def test_the_same_seed_trains_the_same_model():
    digits, recipe = load(), Recipe(3, 3e-3, seed=4)
    first, again = (
        train_digits.train_digits("vit", digits, recipe, progress=False) for _ in range(2)
    )
    assert torch.equal(first(IMAGES), again(IMAGES))


def test_the_loss_of_a_step_is_that_of_its_seed():
    model, pictures = untrained("cnn").eval(), load().train
    losses = [digit_loss(model, pictures, seed)(step) for seed, step in ((0, 1), (0, 1), (1, 1))]
    assert losses[0] == losses[1] != losses[2]


def test_a_short_training_learns_and_is_measured_as_saved(tmp_path):
    fit(prepare("cnn", Recipe(60, 3e-3, warmup=60)), folder=tmp_path, progress=False)
    told = checkpoints.details("digits_cnn", tmp_path)
    saved = checkpoints.read("digits_cnn", untrained("cnn"), tmp_path)
    assert told["metrics"]["test"] == accuracy(saved, load().test) > 0.5


def test_the_stored_vit_does_what_its_json_says():
    told = checkpoints.details("digits_vit")
    found = accuracy(networks.load(), load().test)
    assert found == pytest.approx(told["metrics"]["test"], abs=0.005)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"kind must be one of vit, .*; got 'resnet'"):
        untrained("resnet")
