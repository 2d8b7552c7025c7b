"""Chapter 03: a layer of attention that the reader writes, and trains to look names up."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from course.exercises.building_layers import build_and_train
from course.exercises.looking_up import FaultOfTraining, Layer, LookUp, attended, draw_games


class Look(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(size, size, bias=False)
        self.value = nn.Linear(size, size, bias=False)

    def forward(
        self, asking: Float[Tensor, "B Tq E"], told: Float[Tensor, "B Tk E"]
    ) -> Float[Tensor, "B Tq E"]:
        return attended(self, asking, told)


def train_look_up() -> LookUp:
    torch.manual_seed(0)
    model = LookUp(Look(16))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(200):
        names, digits, asked, answers = draw_games(128, seed=step)
        loss = F.cross_entropy(model(names, digits, asked), answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def _projected(layer: Layer, asking: Tensor, told: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return layer.query(asking), layer.key(told), layer.value(told)


def _unscaled_layer(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key, value = _projected(layer, asking, told)
    return (query @ key.mT).softmax(dim=-1) @ value


def _layer_divided_by_size(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key, value = _projected(layer, asking, told)
    return (query @ key.mT / query.shape[-1]).softmax(dim=-1) @ value


def _layer_over_queries(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key, value = _projected(layer, asking, told)
    return (query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=1) @ value


def _layer_without_softmax(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key, value = _projected(layer, asking, told)
    return query @ key.mT / query.shape[-1] ** 0.5 @ value


def _layer_exchanged(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key, value = layer.key(asking), layer.query(told), layer.value(told)
    return (query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=-1) @ value


def _layer_key_as_value(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key, _ = _projected(layer, asking, told)
    return (query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=-1) @ key


def _layer_bare_values(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key, _ = _projected(layer, asking, told)
    return (query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=-1) @ told


def _layer_bare_keys(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, _, value = _projected(layer, asking, told)
    return (query @ told.mT / query.shape[-1] ** 0.5).softmax(dim=-1) @ value


def _layer_of_asking(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    return attended(layer, asking, asking)


def _layer_of_told(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    return attended(layer, told, told)


def _layer_weights(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    query, key, _ = _projected(layer, asking, told)
    return (query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=-1)


_LAYER_MISTAKES = {
    "the scores are not divided by √D.": _unscaled_layer,
    "the scores are divided by D; it is its root, √D.": _layer_divided_by_size,
    "softmax over the wrong axis: each query's weights over the keys must sum to 1 (dim=-1).": (
        _layer_over_queries
    ),
    "there is no softmax between the scores and the sum.": _layer_without_softmax,
    "query and key are exchanged: self.query is for asking, self.key for told.": _layer_exchanged,
    "you mixed the keys. What is read is self.value(told).": _layer_key_as_value,
    "the values are not projected: mix self.value(told), not told itself.": _layer_bare_values,
    "the keys are not projected: compare with self.key(told).": _layer_bare_keys,
    "keys and values come from the wrong source: they are made from told.": _layer_of_asking,
    "the queries come from the wrong source: they are made from asking.": _layer_of_told,
    "these are the weights. The layer gives weights @ value.": _layer_weights,
}


LOOK_UP = build_and_train(
    Look,
    train_look_up,
    FaultOfTraining(_LAYER_MISTAKES),
    praise="A layer of attention, written and trained by you. Every Transformer is made of these.",
)
