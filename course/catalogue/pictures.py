"""A picture of every type in the registry, all on one sentence: the cat sat on the mat.

The words' vectors, queries and keys are the trained translator's, without positions: both *the* are
the same vector, so what tells them apart is the type and nothing else. `folded` brings them to the
sizes of the examples: no score of query and key changes by it. The vectors of words, for types that
make queries and keys themselves, are scaled as well, to a mean square of 1 a channel. Values and
images are random numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib import Attend, Attended
from attnlib.heads.differential import DifferentialAttention
from course.catalogue.entry import Entry, example_inputs, output_of, run

SENTENCE = ("the", "cat", "sat", "on", "the", "mat")
OF_SEVERAL_MAPS = (DifferentialAttention,)  # none of which is the type's own
MIDDLE = 36  # of 8 × 8 pixels, row by row

Kind = Literal["weights", "share of values", "reach", "reach of pixels"]


@dataclass(frozen=True)
class Picture:
    """What `matrix` shows, in float64; row i is what output i takes from each input j.

    - "weights": the weights themselves, of the first head.
    - "share of values": ∂output_i/∂value_j, the matrix that stands for the type where it has none
      of its own. Times the values it is the output, unless every channel has its own: then the
      mean over channels.
    - "reach": ‖∂output_i/∂x_j‖, the largest set to 1: through every path, scores too.
    - "reach of pixels": how far each of 8 × 8 pixels moves the output in their middle, or the first
      output where there is none; the largest set to 1.
    """

    kind: Kind
    matrix: Float[Tensor, "rows columns"]


def picture(entry: Entry) -> Picture:
    """The picture of an entry: of the last sentence of the batch, and of its first head."""
    inputs = sentence_inputs(entry)
    if entry.inputs == "image":
        return Picture("reach of pixels", _reach_of_pixels(entry, *inputs))
    seen = _watched(entry, *inputs)
    alone = len(seen) == 1 and entry.implementation not in OF_SEVERAL_MAPS
    if alone and seen[0].shape[-1] == len(SENTENCE):
        return Picture("weights", seen[0][-1, 0])
    if entry.inputs == "query, key, value":
        return Picture("share of values", _share_of_values(entry, *inputs))
    return Picture("reach", _reach(entry, *inputs))


@cache
def _sentence() -> tuple[Tensor, Tensor, Tensor]:
    """Vectors (T, E) of the words, and their queries and keys (H, T, D), in float64."""
    from course.translation import pretrained

    translator = pretrained.load("translation_transformer")
    model: Any = translator.model
    words = torch.tensor([translator.source_vocabulary.encode(SENTENCE)])
    embedding = model.source_embedding.table
    x = embedding[words].detach().double() * embedding.shape[1] ** 0.5
    query, key, _ = model.encoder[0].self_attention.double().project(x)
    return x[0], query[0].detach(), key[0].detach()


def folded(
    rows: Float[Tensor, "*B T D"], columns: Float[Tensor, "*B T D"], size: int
) -> tuple[Float[Tensor, "*B T size"], Float[Tensor, "*B T size"]]:
    """Vectors of `size` numbers with the same products rows · columnsᵀ; size ≥ T is needed."""
    left, scale, right = torch.linalg.svd(rows @ columns.mT)
    largest = left.gather(-2, left.abs().argmax(dim=-2, keepdim=True))
    root = scale.sqrt().unsqueeze(-2) * largest.sign()  # a singular vector's sign is arbitrary
    pad = (0, size - left.shape[-1])
    return nn.functional.pad(left * root, pad), nn.functional.pad(right.mT * root, pad)


def sentence_inputs(entry: Entry) -> tuple[Tensor, ...]:
    """The sentence, twice, in the shape of the entry's example; an image is a random one."""
    inputs = example_inputs(entry, length=len(SENTENCE))
    if entry.inputs == "image":
        return inputs
    x, query, key = _sentence()
    if entry.inputs == "x":
        words, _ = folded(x, x, inputs[0].shape[-1])
        words = words / words.square().sum(dim=-1).mean().sqrt() * words.shape[-1] ** 0.5
        return (words.expand_as(inputs[0]),)
    size = inputs[0].shape[-1]
    narrower = (size / query.shape[-1]) ** 0.5  # of the two √D that scores are divided by
    query, key = folded(query * narrower, key, size)
    return query.expand_as(inputs[0]), key.expand_as(inputs[1]), inputs[2]


def _watched(entry: Entry, *inputs: Tensor) -> list[Tensor]:
    """The weights (B, H, Tq, Tk) of all the example's attention, whoever computes it."""
    seen: list[Attended] = []

    def note(module: nn.Module, _: Any, attended: Any) -> None:
        if isinstance(module, Attend):
            seen.append(attended)

    hook = nn.modules.module.register_module_forward_hook(note)
    try:
        result = run(entry.example, *inputs)
    finally:
        hook.remove()
    seen = [result] if isinstance(result, Attended) else seen
    return [attended.weights.detach().double() for attended in seen]


def _share_of_values(entry: Entry, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    def output(one: Tensor) -> Tensor:
        values = torch.cat((value[:, :1] * 0 + one, value[:, 1:]), dim=1)
        return output_of(run(entry.example, query, key, values))[-1, 0]

    return _jacobian(output, value[-1, 0]).diagonal(dim1=1, dim2=3).mean(dim=-1)


def _reach(entry: Entry, x: Tensor) -> Tensor:
    def output(one: Tensor) -> Tensor:
        return output_of(run(entry.example, torch.stack((x[0], one))))[-1]

    reach = _jacobian(output, x[-1], exact=entry.differentiable).square().sum(dim=(1, 3)).sqrt()
    return reach / reach.max()


def _reach_of_pixels(entry: Entry, image: Tensor) -> Tensor:
    def output(one: Tensor) -> Tensor:
        given = output_of(run(entry.example, torch.stack((image[0], one))))[-1]
        places = given.flatten(1).mT if given.shape[-2:] == one.shape[-2:] else given.flatten(0, -2)
        return places[MIDDLE if len(places) == one[0].numel() else 0]

    reach = _jacobian(output, image[-1]).square().sum(dim=(0, 1)).sqrt()
    return reach / reach.max()


def _jacobian(function: Callable[[Tensor], Tensor], at: Tensor, exact: bool = True) -> Tensor:
    """∂function/∂at, by autograd or, where an in-place cache forbids it, by small differences."""
    if exact:
        jacobian: Tensor = torch.autograd.functional.jacobian(function, at)
        return jacobian
    step = 1e-5
    moves = step * torch.eye(at.numel(), dtype=at.dtype).view(-1, *at.shape)
    with torch.no_grad():
        slopes = [(function(at + move) - function(at - move)) / (2 * step) for move in moves]
    columns = torch.stack(slopes, dim=-1)
    return columns.unflatten(-1, at.shape)
