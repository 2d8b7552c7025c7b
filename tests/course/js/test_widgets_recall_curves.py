"""recall_curves: what each rule recalls is what attnlib recalls from the same keys."""

import pytest
import torch

from course.widgets._recall_curves import RULES, SIZES, VALUES, recall_curves, recalled

VIEW = "recall_curves.js"


def drawn(javascript, count, size, *, orthogonal=False, twice=False, seed=3):
    given = {"count": count, "size": size, "orthogonal": orthogonal, "twice": twice, "seed": seed}
    return javascript(VIEW, "drawn", given)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("size", [SIZES[0], 16, SIZES[-1]])
@pytest.mark.parametrize("count", [1, 16, 64])
@pytest.mark.parametrize("decay", [0.8, 0.95, 1.0])
def test_each_key_is_answered_what_attnlib_answers(javascript, rule, size, count, decay):
    texts = drawn(javascript, count, size)
    key = torch.tensor(texts["keys"], dtype=torch.float64)
    found = recalled(rule, key, torch.tensor(texts["values"]), decay)
    assert javascript(VIEW, "recalled", rule, texts, decay) == found.tolist()


@pytest.mark.parametrize("rule", RULES)
def test_orthogonal_keys_are_all_recalled_up_to_the_size_of_the_state(javascript, rule):
    full = drawn(javascript, 16, 16, orthogonal=True)
    assert javascript(VIEW, "share", rule, full, 0.95) == 1
    over = drawn(javascript, 32, 16, orthogonal=True)
    assert javascript(VIEW, "share", rule, over, 0.95) < 0.7


def test_a_key_told_twice_counts_by_its_later_value(javascript):
    texts = drawn(javascript, 16, 64, orthogonal=True, twice=True)
    assert texts["different"] == 8
    assert texts["keys"][:8] == texts["keys"][8:]
    assert javascript(VIEW, "share", "delta", texts, 1.0) == 1
    assert javascript(VIEW, "share", "decay", texts, 0.9) == 1
    assert javascript(VIEW, "share", "sum", texts, 1.0) < 0.9


def test_keys_have_length_one_and_point_everywhere(javascript):
    texts = drawn(javascript, 64, 8)
    key = torch.tensor(texts["keys"], dtype=torch.float64)
    assert torch.allclose(key.norm(dim=1), torch.ones(64, dtype=torch.float64))
    assert key.mean(dim=0).abs().max() < 0.2
    assert 0 <= min(texts["values"]) <= max(texts["values"]) < VALUES


def test_the_sentence_says_every_rule_at_the_chosen_number(javascript):
    given = {"size": 16, "orthogonal": False, "twice": False, "decay": 0.95}
    shares = javascript(VIEW, "curves", given)
    said = javascript(VIEW, "describe", {**given, "pairs": 1}, shares)
    assert said == (
        "1 pair in a state of 16 rows. Right: softmax 100 %, sum 100 %, decay 100 %, delta 100 %."
    )
    again = javascript(VIEW, "describe", {**given, "twice": True, "pairs": 24}, shares)
    assert again.startswith("24 pairs in a state of 16 rows, each key told twice. Right: softmax ")


@pytest.mark.parametrize("wrong", [{"size": 5}, {"pairs": 3}, {"decay": 0.5}])
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        recall_curves(**wrong)
