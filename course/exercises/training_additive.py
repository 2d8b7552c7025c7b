"""Chapter 02: a layer with the additive score, written by the reader and trained to look up."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course.exercises.building_layers import build_and_train
from course.exercises.looking_up import FaultOfTraining, Layer, LookUp, draw_games


class AdditiveLook(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(size, size, bias=False)
        self.combine = nn.Linear(size, 1, bias=False)

    def forward(
        self, asking: Float[Tensor, "B Tq E"], told: Float[Tensor, "B Tk E"]
    ) -> Float[Tensor, "B Tq E"]:
        return _looked(self, asking, told)


def train_additive() -> LookUp:
    torch.manual_seed(0)
    model = LookUp(AdditiveLook(16))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(200):
        names, digits, asked, answers = draw_games(128, seed=step)
        loss = nn.functional.cross_entropy(model(names, digits, asked), answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def _hidden(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    """W q + U h of every pair, before the tanh: (B, Tq, Tk, E)."""
    summed: Tensor = layer.query(asking)[:, :, None] + layer.key(told)[:, None]
    return summed


def _scores(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    scores: Tensor = layer.combine(_hidden(layer, asking, told).tanh())[..., 0]
    return scores


def _looked(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    return _scores(layer, asking, told).softmax(dim=-1) @ told


def _without_tanh(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    scores: Tensor = layer.combine(_hidden(layer, asking, told))[..., 0]
    return scores.softmax(dim=-1) @ told


def _tanh_last(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    scores: Tensor = layer.combine(_hidden(layer, asking, told))[..., 0].tanh()
    return scores.softmax(dim=-1) @ told


def _two_tanh(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key = layer.query(asking).tanh()[:, :, None], layer.key(told).tanh()[:, None]
    scores: Tensor = layer.combine(query + key)[..., 0]
    return scores.softmax(dim=-1) @ told


def _plain_sum(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    return _hidden(layer, asking, told).tanh().sum(dim=-1).softmax(dim=-1) @ told


def _product(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key = layer.query(asking)[:, :, None], layer.key(told)[:, None]
    scores: Tensor = layer.combine((query * key).tanh())[..., 0]
    return scores.softmax(dim=-1) @ told


def _exchanged(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    hidden = layer.key(asking)[:, :, None] + layer.query(told)[:, None]
    scores: Tensor = layer.combine(hidden.tanh())[..., 0]
    return scores.softmax(dim=-1) @ told


def _scaled(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    return (_scores(layer, asking, told) / told.shape[-1] ** 0.5).softmax(dim=-1) @ told


ADDITIVE_LOOK_UP = build_and_train(
    AdditiveLook,
    train_additive,
    FaultOfTraining(
        right=_looked,
        parts=dict.fromkeys(("query", "key", "combine"), nn.Linear),
        formula="softmax(vᵀ tanh(W q + U h)) over the h, times the h: q from asking, h from told",
        known={
            "there is no tanh: without it the query adds the same to every key.": _without_tanh,
            "the tanh comes last. It belongs inside, on W q + U h, before v.": _tanh_last,
            "every query weighs alike: add W q to U h first, then take one tanh of the sum.": (
                _two_tanh
            ),
            "the hidden numbers are added up as they are: `combine`, v, weighs them.": _plain_sum,
            "query and key are multiplied. Additive attention adds them.": _product,
            "W and U are exchanged: self.query is for asking, self.key for told.": _exchanged,
            "softmax over the wrong axis: each query's weights over what was told must sum to 1 "
            "(dim=-1).": lambda layer, asking, told: (
                _scores(layer, asking, told).softmax(dim=1) @ told
            ),
            "there is no softmax between the scores and the sum.": (
                lambda layer, asking, told: _scores(layer, asking, told) @ told
            ),
            "the scores are divided by √D. That belongs to dot products; here v sets the scale.": (
                _scaled
            ),
            "you mixed U h. What is mixed is told itself: the states are keys and values.": (
                lambda layer, asking, told: (
                    _scores(layer, asking, told).softmax(dim=-1) @ layer.key(told)
                )
            ),
            "the states come from the wrong source: keys and values are told.": (
                lambda layer, asking, told: _looked(layer, asking, asking)
            ),
            "the queries come from the wrong source: they are made from asking.": (
                lambda layer, asking, told: _looked(layer, told, told)
            ),
            "these are the weights. The layer gives weights @ told.": (
                lambda layer, asking, told: _scores(layer, asking, told).softmax(dim=-1)
            ),
        },
    ),
    praise="The attention of 2014, written and trained by you: nobody told it where to look.",
)
