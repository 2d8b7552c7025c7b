"""Chapter 04's stored numbers say what the chapter says, and are what is measured."""

import pytest
import torch

from course.measurements import stored
from course.measurements.chapter_04 import jacobian, spread


def test_the_jacobian_is_autograds():
    scores = torch.randn(5, 7, dtype=torch.float64)
    sizes = [
        torch.autograd.functional.jacobian(lambda s: s.softmax(dim=-1), row).norm()
        for row in scores
    ]
    torch.testing.assert_close(jacobian(scores), torch.stack(sizes).mean())


def test_the_stored_spread_is_what_is_measured_and_the_variance_is_the_size():
    kept, now = stored(4)[0], spread()
    for row, again in zip(kept.rows, now.rows, strict=True):
        assert row == pytest.approx(again, rel=1e-6)
        assert row[1] == pytest.approx(row[0], rel=0.03)
