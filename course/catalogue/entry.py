"""What the registry knows of an attention type, and how an example of it is run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from attnlib import Attended, Weighed
from course.catalogue.words import Words

Family = Literal[
    "scores",
    "structure",
    "masks and biases",
    "positions",
    "exact and faster",
    "linear and approximate",
    "sparse",
    "vision, graphs and sets",
    "probability maps",
]
Property = Literal[
    "weighted sum",  # weights · value = output
    "normalized",  # every row of weights sums to 1
    "causal",  # a change in the future leaves the past bit-identical
    "unordered",  # keys and values permuted together change nothing
    "equivariant",  # permuted tokens give the permuted output
]
Inputs = Literal["query, key, value", "x", "image"]
Example = Callable[..., Any]


@dataclass(frozen=True)
class Limit:
    """A setting in which the type is one already known: `special` equals `known` on any inputs."""

    claim: str
    special: Example
    known: Example


@dataclass(frozen=True)
class Entry:
    """One attention type.

    - `cite`: its paper's key in the bibliography. `formula`: LaTeX.
    - `tier`: 1 the foundation of this course, 2 worth knowing well, 3 the wide survey.
    - `implementation`: the public function or class. `example`: a small call of it, shown to
      readers and run by the tests, on (B, H, T, D) query, key and value, or on x (B, T, E), or on
      an image (B, C, height, width); it returns an Attended, an output, or (output, state).
    - `forms`: other computations of the very same result (recurrent, parallel, chunked, absorbed).
    - `limits`: settings in which it equals something known.
    - `time`, `memory`: how the work and the numbers held grow in one head of a layer, from query,
      key and value to output, in T and D; projections are left out. "(fused)": by a kernel that
      stores no weights; "(paper)" and "(here)", where this library lays it out otherwise.
    - `same_as`: the type of which this is another name, another route to the same numbers, or the
      causal form. `words`: what a card says in words; the catalogue adds them by the name.
    - `oracle`: code nobody here wrote that it is held against; `test`: its pytest node, whose
      largest difference `differences` stores.
    - `differentiable`: whether gradcheck applies. `uncaptured`: why torch.compile(fullgraph=True)
      does not, where it does not: all whose shapes do not depend on the data are one graph.
    - `family`: that of the file it stands in; the catalogue adds it.
    """

    name: str
    tier: Literal[1, 2, 3]
    cite: str
    formula: str
    time: str
    memory: str
    implementation: Callable[..., Any]
    example: Example
    oracle: str
    test: str
    inputs: Inputs = "query, key, value"
    properties: frozenset[Property] = frozenset()
    forms: dict[str, Example] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    differentiable: bool = True
    uncaptured: str = ""
    same_as: str = ""
    family: Family | Literal[""] = ""
    words: Words = field(default_factory=Words)


def example_inputs(
    entry: Entry,
    *,
    length: int = 6,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
    seed: int = 0,
) -> tuple[Tensor, ...]:
    """Random inputs of the kind the example takes: B = 2, H = 4, D = 8, E = 16, 8 × 8 pixels."""
    shapes: dict[Inputs, list[tuple[int, ...]]] = {
        "query, key, value": [(2, 4, length, 8)] * 3,
        "x": [(2, length, 16)],
        "image": [(2, 4, 8, 8)],
    }
    source = torch.Generator().manual_seed(seed)
    numbers = [torch.randn(s, generator=source, dtype=torch.float64) for s in shapes[entry.inputs]]
    return tuple(n.to(device=device, dtype=dtype) for n in numbers)


def run(example: Example, *inputs: Tensor, seed: int = 0) -> Any:
    """The example's result; modules inside it draw their parameters from `seed`."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return example(*inputs)


def output_of(result: Any) -> Tensor:
    """The output tensor of an Attended or Weighed, of (output, state), or the tensor itself."""
    if isinstance(result, Attended | Weighed):
        return result.output
    output = result[0] if isinstance(result, tuple) else result
    if not isinstance(output, Tensor):
        raise TypeError(f"an example gives an Attended or a tensor, got {type(output).__name__}")
    return output
