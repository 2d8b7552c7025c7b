"""along_axis: what the view computes and says is what PyTorch gives."""

import pytest
import torch

from course.widgets._along_axis import AXES, OPERATIONS, TABLE, along_axis, result

VIEW = "along_axis.js"
ROWS = [list(line) for line in TABLE]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("dim", AXES)
def test_the_result_is_pytorchs(javascript, operation, dim):
    seen = torch.tensor(javascript(VIEW, "along", ROWS, operation, AXES.index(dim)))
    expected = result(operation, dim)
    if operation != "softmax":
        seen = seen.squeeze(dim)
    torch.testing.assert_close(seen.double(), expected, rtol=0, atol=1e-6)


def test_the_sentence_says_what_is_summed_and_which_axis_goes(javascript):
    said = javascript(VIEW, "describe", ROWS, "sum", 0, [1, 2])
    assert said == "1 + 4 + 1 = 6. The shape (3, 4) becomes (4,)."
    said = javascript(VIEW, "describe", ROWS, "mean", 1, [1, 2])
    assert said == "(1 + 1 + 4 + 2) / 4 = 2.00. The shape (3, 4) becomes (3,)."
    said = javascript(VIEW, "describe", ROWS, "softmax", 1, [0, 3])
    share = result("softmax", -1)[0, 3]
    assert said.startswith(f"e³ / (e² + e⁰ + e¹ + e³) = {share:.2f}. Every row")


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"operation": "max"}, "operation must be one of sum, mean, softmax; got 'max'"),
     ({"dim": 1}, "dim must be 0 or -1, got 1"),
     ({"row": 3}, "row must lie between 0 and 2, got 3"),
     ({"column": 4}, "column must lie between 0 and 3, got 4")],
)  # fmt: skip
def test_what_no_control_offers_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        along_axis(**choice)
