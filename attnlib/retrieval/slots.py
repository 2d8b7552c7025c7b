"""Slot attention: queries compete for the inputs, each ends up with an object of its own.

(Locatello et al., 2020, algorithm 1.)

softmax over the keys           each query spreads a whole 1 over the inputs
softmax over the queries        each input spreads a whole 1 over the slots: they must share it
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.normalizers import Competition

EPSILON = 1e-8


class SlotAttention(nn.Module):
    """`rounds` times: slots = GRU(slots, weights · value), then slots += MLP(norm(slots)).

    The weights are those of `Competition`, the queries come from the slots of the round before. At
    the start slots are drawn from one learned normal distribution, so that they can change places.

    - `size`: E. `slots`: N. `rounds`: 3 in the paper. `hidden_size`: of the MLP, by default 2E.
    """

    def __init__(
        self, size: int, *, slots: int, rounds: int = 3, hidden_size: int | None = None
    ) -> None:
        super().__init__()
        for name, number in (("slots", slots), ("rounds", rounds)):
            check_at_least(1, name, number)
        hidden_size = 2 * size if hidden_size is None else hidden_size
        self.slots, self.rounds = slots, rounds
        self.mean = nn.Parameter(torch.zeros(size))
        self.log_deviation = nn.Parameter(torch.zeros(size))
        self.norm, self.slot_norm, self.mlp_norm = (nn.LayerNorm(size) for _ in range(3))
        self.query, self.key, self.value = (nn.Linear(size, size, bias=False) for _ in range(3))
        self.update = nn.GRUCell(size, size)
        self.mlp = nn.Sequential(
            nn.Linear(size, hidden_size), nn.ReLU(), nn.Linear(hidden_size, size)
        )
        self.attend = Attend(normalize=Competition(slots))

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        slots: Float[Tensor, "B N E"] | None = None,
        *,
        mask: Mask | Bool[Tensor, "*B1 1 T"] | None = None,
    ) -> Float[Tensor, "B N E"]:
        """`slots`: where to start; None draws them from PyTorch's random numbers."""
        check_sequence("x", x, self.mean)
        slots = self.draw(x) if slots is None else slots
        check_sequence("slots", slots, self.mean)
        if slots.shape[:2] != (x.shape[0], self.slots):
            wanted = (x.shape[0], self.slots, self.mean.shape[0])
            raise ValueError(f"slots must have the axes {wanted}, got {tuple(slots.shape)}")
        mask = laid_once(mask)
        _, x = blank_hidden(slots, x, mask)
        inputs = self.norm(x)
        key, value = self.key(inputs).unsqueeze(1), self.value(inputs).unsqueeze(1)
        for _ in range(self.rounds):
            query = self.query(self.slot_norm(slots)).unsqueeze(1)
            found = self.attend(query, key, value, mask=mask).output
            slots = self.update(found.flatten(0, 2), slots.flatten(0, 1)).view_as(slots)
            slots = slots + self.mlp(self.mlp_norm(slots))
        return slots

    @checked
    def draw(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B N E"]:
        """mean + deviation · noise, one per slot and sequence, of the type of x and where it is."""
        check_sequence("x", x, self.mean)
        shape = x.shape[0], self.slots, self.mean.shape[0]
        noise = torch.randn(shape, device=x.device).to(x.dtype)  # drawn in float32
        return self.mean + self.log_deviation.exp() * noise
