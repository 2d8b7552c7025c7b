"""A token that no query may see reaches no real one, also where it looks at others itself.

Padding hides columns of a mask, not rows: after it, or in the middle of a batch of prompts that are
continued, stand tokens that ask and are never seen. Every mechanism that takes a mask is tried.
"""

from dataclasses import replace
from typing import Any

import pytest
import torch
from public_cases import CASES
from public_cases.case import Case, call, size, valid
from public_cases.masked import Hidden, takes_mask
from public_cases.spoiling import tensors_in
from torch import Tensor, nn

from attnlib.heads.forgetting import ForgettingAttention
from attnlib.heads.selective import SelectiveAttention
from attnlib.masks import Causal, Dense, Mask, Padding
from attnlib.models.bert import Bert
from attnlib.models.position_schemes import SCHEMES
from attnlib.models.transformer import Transformer

MASKED = {name: case for name, case in CASES.items() if takes_mask(name, case)}
MASKED |= {  # where a token that is padding asks as well
    f"{name}, of itself": replace(case, axes={}, fixed="E")
    for name, case in MASKED.items()
    if list(case.axes) == ["context"]
}
every = pytest.mark.parametrize(("name", "case"), MASKED.items(), ids=MASKED)
PLACES = pytest.mark.parametrize("places", [[0], [1], [2], [1, 3], [3, 4]], ids=str)


@pytest.fixture(scope="module", autouse=True)
def a_group_of_one_process():
    """For what runs over several: here it finds itself alone."""
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


class Columns(Hidden):
    """Some keys that a mask hides from everybody, while every query may ask."""

    def __init__(self, name: str, case: Case, places: list[int]) -> None:
        super().__init__(name, case)
        self.alone = self.query_letter == self.key_letter
        self.keys = size(self.key_letter, case)
        if self.only_padding:
            places = list(range(self.keys - len(places), self.keys))
        self.hidden = [place for place in places if place < self.keys] or [self.keys - 1]
        self.real = [place for place in range(self.keys) if place not in self.hidden]

    def mask(self) -> Mask:
        if self.only_padding:
            return Padding(torch.full((size("B", self.case),), len(self.real)))
        queries = size(self.query_letter, self.case) if self.query_letter else 1
        allowed = torch.ones(queries, self.keys, dtype=torch.bool)
        allowed[:, self.hidden] = False
        return Dense(allowed)

    def unchanged(self) -> dict[str, Any]:
        return valid(self.name, self.case, torch.float64) | {"mask": self.mask()}

    def changed(self, change: str) -> dict[str, Any]:
        inputs = self.unchanged()
        for tensor, axis in self.holding(inputs):
            for place in self.hidden:
                column = tensor.select(axis, place)
                if not tensor.is_floating_point():
                    column.copy_((column + 1) % 2)
                else:
                    column.copy_(torch.nan * column if change == "NaN" else -3 * column + 1)
        return inputs

    def holding(self, inputs: dict[str, Any]) -> list[tuple[Tensor, int]]:
        """The tensors with something hidden, and the axis it is on."""
        return [
            (inputs[argument.name], argument.axes.index(self.key_letter))
            for argument in self.arguments
            if self.key_letter in argument.axes and argument.name not in self.case.unhidden
        ]

    def outputs(self, inputs: dict[str, Any]) -> list[Tensor]:
        """What real tokens get; a token of a sequence that looks at itself is a row, too."""
        torch.manual_seed(1)
        results = tensors_in(trained(self.name, self.case)(**inputs))
        if not self.alone:
            return results
        rows = torch.tensor(self.real)
        return [
            result.index_select(-2 if result.shape[-2] == self.keys else -1, rows)
            for result in results
        ]


def trained(name: str, case: Case) -> Any:
    """With parameters in which nothing is 0 or 1 any longer, as training leaves them."""
    function = call(name, case)
    module = getattr(function, "__self__", function)
    if isinstance(module, nn.Module):
        for parameter in module.double().parameters():
            nn.init.normal_(parameter, std=0.5)
    return function


@every
@PLACES
@pytest.mark.parametrize("change", ["other", "NaN"])
def test_a_token_nobody_sees_reaches_no_real_one(name, case, places, change):
    columns = Columns(name, case, places)
    before = columns.outputs(columns.unchanged())
    after = columns.outputs(columns.changed(change))
    for ours, theirs in zip(after, before, strict=True):
        assert ours.isfinite().all()
        assert torch.equal(ours, theirs)


@every
@PLACES
def test_no_gradient_of_real_tokens_reaches_a_token_nobody_sees(name, case, places):
    columns = Columns(name, case, places)
    inputs = columns.changed("other")
    held = [(one, axis) for one, axis in columns.holding(inputs) if one.is_floating_point()]
    leaves = [tensor.requires_grad_() for tensor, _ in held]
    outputs = [one for one in columns.outputs(inputs) if one.requires_grad]
    if not outputs or not leaves:
        pytest.skip("a selection, or tokens, which have no gradient")
    total = sum((one * torch.arange(one.numel()).view_as(one).cos()).sum() for one in outputs)
    gradients = torch.autograd.grad(total, leaves, materialize_grads=True)
    for gradient, (_, axis) in zip(gradients, held, strict=True):
        assert gradient.isfinite().all()
        assert not gradient.index_select(axis, torch.tensor(columns.hidden)).any()


@pytest.mark.parametrize("layer", [ForgettingAttention, SelectiveAttention])
@pytest.mark.parametrize("hidden", [[0], [0, 1], [2, 3], [5, 6]])
def test_hidden_tokens_are_as_good_as_left_out(layer, hidden):
    """These need no places: padding before, between or after real tokens is no padding at all."""
    torch.manual_seed(0)
    layer, x = layer(16, 2).double(), torch.randn(1, 7, 16, dtype=torch.float64)
    real = [place for place in range(7) if place not in hidden]
    allowed = torch.ones(7, 7, dtype=torch.bool)
    allowed[:, hidden] = False
    padded = layer(x, mask=Causal() & Dense(allowed))[:, real]
    torch.testing.assert_close(padded, layer(x[:, real]), rtol=0, atol=1e-12)


LENGTHS = torch.tensor([3, 5])


def test_what_follows_a_text_reaches_none_of_its_words_in_bert():
    torch.manual_seed(0)
    model = Bert(9, size=16, heads=4, layers=2, hidden=8, longest=6).double().eval()
    tokens, other = torch.randint(9, (2, 2, 5)).unbind()
    other[0, :3], other[1] = tokens[0, :3], tokens[1]
    ours, theirs = (model(words, lengths=LENGTHS) for words in (other, tokens))
    assert torch.equal(ours[0, :3], theirs[0, :3]) and torch.equal(ours[1], theirs[1])


@pytest.mark.parametrize("positions", SCHEMES)
def test_what_follows_a_sentence_reaches_no_word_of_its_translation(positions):
    torch.manual_seed(0)
    model = Transformer(9, 9, size=16, heads=4, layers=2, hidden=8, positions=positions)
    model.double().eval()
    source, other = torch.randint(9, (2, 2, 5)).unbind()
    other[0, :3], other[1] = source[0, :3], source[1]
    target = torch.randint(9, (2, 4))
    assert torch.equal(model(other, LENGTHS, target), model(source, LENGTHS, target))
