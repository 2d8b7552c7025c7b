"""One question, and who answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

Run = Callable[[], Tensor]


@dataclass(frozen=True)
class Case:
    """One question, put to attnlib and to its peers.

    `contenders` builds the runs when the case's turn comes, so that only its own tensors are in
    memory. The one named "attnlib" is compared with each of the others. All must give the same
    tensor to `tolerance`, unless it is None: then they answer in different ways, and only their
    cost is compared. `target` is the ratio hoped for against the first peer.
    """

    name: str
    contenders: Callable[[], Mapping[str, Run]]
    target: float | None = None
    tolerance: float | None = 1e-4


def with_gradients(run: Run, inputs: list[Tensor], pull: Tensor) -> Run:
    """Forward and backward; gives the gradient of the first input."""

    def both() -> Tensor:
        for states in inputs:
            states.grad = None
        run().backward(pull)
        assert inputs[0].grad is not None
        return inputs[0].grad

    return both
