"""The digits are scikit-learn's, and whole forms are held out."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

from course.data.digits import FORM, everything, load, load_mixed, shifted

PARTS = ("train", "valid", "test")


def test_the_pictures_are_scikit_learns_with_ink_from_0_to_1():
    theirs, ours = load_digits(), everything()
    torch.testing.assert_close(16 * ours.images[:, 0].double(), torch.tensor(theirs.images))
    assert ours.labels.tolist() == theirs.target.tolist()


@pytest.mark.parametrize("part", PARTS)
def test_every_part_begins_where_a_form_begins(part):
    assert getattr(load(), part).labels[:FORM].tolist() == 3 * list(range(10))


def test_the_parts_follow_one_another_and_leave_nothing_out():
    images = torch.cat([getattr(load(), part).images for part in PARTS])
    assert torch.equal(images, everything().images)


def test_mixed_parts_hold_every_picture_once():
    mixed = load_mixed()
    assert [len(part.labels) for part in mixed] == [len(part.labels) for part in load()]

    def sums(images):  # a number for each picture, the same for no two different ones here
        weights = torch.arange(1.0, 65, dtype=torch.float64).sqrt()
        return (images.flatten(1).double() @ weights).sort().values

    torch.testing.assert_close(
        sums(torch.cat([part.images for part in mixed])), sums(everything().images)
    )


def test_a_shifted_picture_is_one_of_nine_and_blank_comes_in():
    images = load().train.images[:64]
    moved = shifted(images, torch.Generator().manual_seed(0))
    framed = F.pad(images, (1, 1, 1, 1))
    nine = [framed[:, :, y : y + 8, x : x + 8] for y in range(3) for x in range(3)]
    matches = torch.stack([(one == moved).flatten(1).all(dim=1) for one in nine])
    assert bool(matches.any(dim=0).all())
    assert bool(matches.any(dim=1).all())  # each of the nine moves occurs


def test_the_same_seed_shifts_the_same_way():
    images = load().train.images[:64]
    first, again, other = (
        shifted(images, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
