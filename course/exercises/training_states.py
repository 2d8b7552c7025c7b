"""Chapter 17: a layer that keeps a state by the delta rule, written and trained by the reader."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from course.exercises.building_layers import build_and_train
from course.exercises.looking_up import FaultOfTraining, Layer, LookUp, attended, draw_games


class DeltaLook(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(size, size, bias=False)
        self.value = nn.Linear(size, size, bias=False)
        self.write = nn.Linear(size, 1)

    def forward(
        self, asking: Float[Tensor, "B Tq E"], told: Float[Tensor, "B Tk E"]
    ) -> Float[Tensor, "B Tq E"]:
        return _looked(self, asking, told)


def train_delta() -> LookUp:
    torch.manual_seed(0)
    model = LookUp(DeltaLook(16))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(200):
        names, digits, asked, answers = draw_games(128, seed=step)
        loss = F.cross_entropy(model(names, digits, asked), answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def _unit(states: Tensor) -> Tensor:
    return F.normalize(states, dim=-1)


def _strength(layer: Layer, told: Tensor) -> Tensor:
    strength: Tensor = layer.write(told).sigmoid()
    return strength


def _corrected(state: Tensor, key: Tensor, value: Tensor, write: Tensor) -> Tensor:
    """S + β k (v − Sᵀk)ᵀ, with key (B, D), value (B, D), write (B, 1)."""
    found = (state * key[:, :, None]).sum(dim=1)
    return state + key[:, :, None] * (write * (value - found))[:, None]


def _state(
    key: Tensor,
    value: Tensor,
    write: Tensor,
    step: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = _corrected,
) -> Tensor:
    """The state after all that was told, one per game."""
    state = key.new_zeros(len(key), key.shape[-1], value.shape[-1])
    for k, v, beta in zip(*(x.unbind(1) for x in (key, value, write)), strict=True):
        state = step(state, k, v, beta)
    return state


def _looked(
    layer: Layer,
    asking: Tensor,
    told: Tensor,
    step: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = _corrected,
) -> Tensor:
    state = _state(_unit(layer.key(told)), layer.value(told), _strength(layer, told), step)
    return _unit(layer.query(asking)) @ state


def _of_any_length(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    state = _state(layer.key(told), layer.value(told), _strength(layer, told))
    found: Tensor = layer.query(asking) @ state
    return found


def _keys_of_any_length(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    state = _state(layer.key(told), layer.value(told), _strength(layer, told))
    return _unit(layer.query(asking)) @ state


def _query_of_any_length(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    state = _state(_unit(layer.key(told)), layer.value(told), _strength(layer, told))
    found: Tensor = layer.query(asking) @ state
    return found


def _bare_strength(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    state = _state(_unit(layer.key(told)), layer.value(told), layer.write(told))
    return _unit(layer.query(asking)) @ state


def _full_strength(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    whole = torch.ones_like(_strength(layer, told))
    state = _state(_unit(layer.key(told)), layer.value(told), whole)
    return _unit(layer.query(asking)) @ state


def _upside_down(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    state = _state(_unit(layer.key(told)), layer.value(told), _strength(layer, told))
    return _unit(layer.query(asking)) @ state.mT


def _exchanged(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    state = _state(_unit(layer.query(told)), layer.value(told), _strength(layer, told))
    return _unit(layer.key(asking)) @ state


def _key_as_value(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    key = _unit(layer.key(told))
    return _unit(layer.query(asking)) @ _state(key, key, _strength(layer, told))


DELTA_LOOK_UP = build_and_train(
    DeltaLook,
    train_delta,
    FaultOfTraining(
        right=_looked,
        parts=dict.fromkeys(("query", "key", "value", "write"), nn.Linear),
        formula="S + β k (v − Sᵀk)ᵀ for each that was told, then Sᵀq for each asking",
        known={
            "that is the plain sum: take off the value what the state answers to the key.": (
                lambda layer, asking, told: _looked(
                    layer, asking, told, lambda s, k, v, b: s + k[:, :, None] * (b * v)[:, None]
                )
            ),
            "β weighs the value alone. It weighs the whole correction, v − Sᵀk.": (
                lambda layer, asking, told: _looked(
                    layer,
                    asking,
                    told,
                    lambda s, k, v, b: _corrected(s, k, b * v, torch.ones_like(b)),
                )
            ),
            "the sign: what the state answers is subtracted from the value.": (
                lambda layer, asking, told: _looked(
                    layer, asking, told, lambda s, k, v, b: 2 * s - _corrected(s, k, -v, b)
                )
            ),
            "the strength is missing: every token writes with β = 1.": _full_strength,
            "β goes through no sigmoid: it should lie between 0 and 1.": _bare_strength,
            "neither keys nor queries have length 1: F.normalize both.": _of_any_length,
            "the keys do not have length 1: F.normalize them.": _keys_of_any_length,
            "the queries do not have length 1: F.normalize them too.": _query_of_any_length,
            "rows and columns are exchanged: row i of the state is channel i of the key.": (
                _upside_down
            ),
            "query and key are exchanged: self.query is for asking, self.key for told.": _exchanged,
            "you stored the keys. What is written is self.value(told).": _key_as_value,
            "the last of what was told is missing: write it before you read.": (
                lambda layer, asking, told: _looked(layer, asking, told[:, :-1])
            ),
            "only the last of what was told is in the state: it is built up token by token.": (
                lambda layer, asking, told: _looked(layer, asking, told[:, -1:])
            ),
            "it is written from the last to the first: a later token corrects an earlier one.": (
                lambda layer, asking, told: _looked(layer, asking, told.flip(1))
            ),
            "that is softmax attention: it keeps all keys, and no state.": attended,
        },
    ),
    praise="A layer whose memory does not grow: six names are held in one table of 16 × 16.",
)
