"""Chapter 20: a card of the zoo, differential attention, made into a layer and trained."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from course.exercises.building_layers import build_and_train
from course.exercises.looking_up import FaultOfTraining, Layer, LookUp, Mistake, draw_games


class DifferentialLook(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.query_1 = nn.Linear(size, size, bias=False)
        self.query_2 = nn.Linear(size, size, bias=False)
        self.key_1 = nn.Linear(size, size, bias=False)
        self.key_2 = nn.Linear(size, size, bias=False)
        self.value = nn.Linear(size, size, bias=False)
        self.share = nn.Parameter(torch.tensor(0.5))

    def forward(
        self, asking: Float[Tensor, "B Tq E"], told: Float[Tensor, "B Tk E"]
    ) -> Float[Tensor, "B Tq E"]:
        return _looked(self, asking, told)


def train_differential() -> LookUp:
    torch.manual_seed(0)
    model = LookUp(DifferentialLook(16))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(200):
        names, digits, asked, answers = draw_games(128, seed=step)
        loss = F.cross_entropy(model(names, digits, asked), answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def _scores(layer: Layer, asking: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
    """Of both maps, divided by √D."""
    root = asking.shape[-1] ** 0.5
    first: Tensor = layer.query_1(asking) @ layer.key_1(told).mT / root
    second: Tensor = layer.query_2(asking) @ layer.key_2(told).mT / root
    return first, second


def _maps(layer: Layer, asking: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
    first, second = _scores(layer, asking, told)
    return first.softmax(dim=-1), second.softmax(dim=-1)


def _difference(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    first, second = _maps(layer, asking, told)
    taken: Tensor = first - layer.share * second
    return taken


def _looked(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    found: Tensor = _difference(layer, asking, told) @ layer.value(told)
    return found


def _sum(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    first, second = _maps(layer, asking, told)
    return (first + layer.share * second) @ layer.value(told)


def _whole_second(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    first, second = _maps(layer, asking, told)
    return (first - second) @ layer.value(told)


def _first_alone(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    return _maps(layer, asking, told)[0] @ layer.value(told)


def _share_of_first(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    first, second = _maps(layer, asking, told)
    return (layer.share * first - second) @ layer.value(told)


def _maps_exchanged(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    first, second = _maps(layer, asking, told)
    return (second - layer.share * first) @ layer.value(told)


def _one_softmax(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    first, second = _scores(layer, asking, told)
    return (first - layer.share * second).softmax(dim=-1) @ layer.value(told)


def _softmax_again(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    return _difference(layer, asking, told).softmax(dim=-1) @ layer.value(told)


def _no_negative(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    return _difference(layer, asking, told).clamp(min=0) @ layer.value(told)


def _to_one(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    return _looked(layer, asking, told) / (1 - layer.share)


def _wrong_axis(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    first, second = (one.softmax(dim=1) for one in _scores(layer, asking, told))
    return (first - layer.share * second) @ layer.value(told)


def _keys_crossed(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    root = asking.shape[-1] ** 0.5
    first = (layer.query_1(asking) @ layer.key_2(told).mT / root).softmax(dim=-1)
    second = (layer.query_2(asking) @ layer.key_1(told).mT / root).softmax(dim=-1)
    return (first - layer.share * second) @ layer.value(told)


def _times(factor: float) -> Mistake:
    """The scores multiplied by the size of a key, to this power, once more."""

    def of(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
        scores = _scores(layer, asking, told)
        first, second = ((one * asking.shape[-1] ** factor).softmax(dim=-1) for one in scores)
        return (first - layer.share * second) @ layer.value(told)

    return of


DIFFERENTIAL_LOOK_UP = build_and_train(
    DifferentialLook,
    train_differential,
    FaultOfTraining(
        right=_looked,
        parts=dict.fromkeys(("query_1", "query_2", "key_1", "key_2", "value"), nn.Linear)
        | {"share": nn.Parameter},
        formula="(A₁ − λ A₂) V, A₁ and A₂ each with its own query and key, from asking and told",
        known={
            "the maps are added. What both see should cancel: subtract.": _sum,
            "the second map is subtracted whole: λ, `share`, is missing.": _whole_second,
            "that is the first map alone: the second is to be taken off.": _first_alone,
            "λ stands before the first map. It weighs the second.": _share_of_first,
            "the two maps are exchanged: A₁ − λ A₂.": _maps_exchanged,
            "the scores are subtracted, and one softmax follows. Each map has its own softmax.": (
                _one_softmax
            ),
            "there is a third softmax. The difference of the maps is what weighs the values.": (
                _softmax_again
            ),
            "negative weights were set to 0. They are meant: they take away what both maps see.": (
                _no_negative
            ),
            "the weights were made to sum to 1. Here they sum to 1 − λ.": _to_one,
            "softmax over the wrong axis: each query's weights over the keys must sum to 1 "
            "(dim=-1).": _wrong_axis,
            "the keys are crossed: query_1 goes with key_1, query_2 with key_2.": _keys_crossed,
            "the scores are not divided by √D.": _times(0.5),
            "the scores are divided by D; it is its root, √D.": _times(-0.5),
            "you mixed the keys. What is read is self.value(told).": (
                lambda layer, asking, told: _difference(layer, asking, told) @ layer.key_1(told)
            ),
            "the values are not projected: mix self.value(told), not told itself.": (
                lambda layer, asking, told: _difference(layer, asking, told) @ told
            ),
            "keys and values come from the wrong source: they are made from told.": (
                lambda layer, asking, told: _looked(layer, asking, asking)
            ),
            "the queries come from the wrong source: they are made from asking.": (
                lambda layer, asking, told: _looked(layer, told, told)
            ),
            "these are the weights. The layer gives weights @ value.": _difference,
        },
    ),
    praise="From a card to a trained layer: two lines more than chapter 03's.",
)
