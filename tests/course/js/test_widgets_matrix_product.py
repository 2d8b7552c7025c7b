"""matrix_product: what the view multiplies, says and refuses is what PyTorch does."""

from itertools import product as pairs

import pytest

from course.widgets._matrix_product import FIRST, SECONDS, matrix_product, product

VIEW = "matrix_product.js"
WAYS = [*pairs((False, True), SECONDS)]


@pytest.mark.parametrize(("transposed", "shape"), WAYS)
def test_the_product_is_pytorchs(javascript, transposed, shape):
    seen = javascript(VIEW, "product", FIRST, SECONDS[shape], transposed)
    found = product(transposed, shape)
    assert seen == (None if found is None else found.tolist())


def test_each_way_of_laying_the_second_fits_once():
    fits = {way: product(*way) is not None for way in WAYS}
    assert [way for way in WAYS if fits[way]] == [(False, (3, 4)), (True, (4, 3))]


@pytest.mark.parametrize(("transposed", "shape"), [(False, (3, 4)), (True, (4, 3))])
def test_the_sentence_adds_the_products_of_a_row_and_a_column(javascript, transposed, shape):
    said = javascript(VIEW, "describe", FIRST, SECONDS[shape], transposed, [1, 3])
    assert said == "0 · 1 + 3 · 1 + 1 · 2 = 5. (2, 3) @ (3, 4) is (2, 4)."
    assert product(transposed, shape)[1, 3] == 5


def test_the_sentence_says_what_does_not_fit(javascript):
    said = javascript(VIEW, "describe", FIRST, SECONDS[4, 3], False, [0, 0])
    assert said.startswith("(2, 3) @ (4, 3) is refused: a row of the first has 3 numbers, a column")
    assert said.endswith("of the second 4.")
    said = javascript(VIEW, "describe", FIRST, SECONDS[3, 4], True, [0, 0])
    assert said.startswith("(2, 3) @ (4, 3) is refused")


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"shape": (2, 3)}, r"shape must be one of .* got \(2, 3\)"),
     ({"row": 2}, "row must lie between 0 and 1, got 2"),
     ({"column": 4}, "column must lie between 0 and 3, got 4")],
)  # fmt: skip
def test_what_no_control_offers_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        matrix_product(**choice)
