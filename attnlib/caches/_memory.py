"""Room for tokens that keep coming: a token is copied about twice in all, however long the text."""

import torch
from torch import Tensor

from attnlib.caches._checks import check_room

FIRST_ROOM = 64  # tokens


class Memory:
    """Tensors whose `axis` counts tokens, one after the other; what comes back is all so far.

    Where nothing can ask for a gradient they are written in place, into room that doubles when it
    is full (or of a fixed `capacity`): S tokens cost O(S) copies in all, in place of O(S²). Under
    autograd it grows by concatenation, since what an earlier step saw must stay as it was.
    """

    def __init__(self, axis: int, capacity: int | None = None) -> None:
        self.axis = axis
        self.capacity = capacity
        self.length = 0
        self.room: Tensor | None = None
        self._writable = False

    def append(self, states: Tensor) -> Tensor:
        """The states behind those before them, all in one tensor."""
        end = self.length + states.shape[self.axis]
        if self.capacity is None and torch.is_grad_enabled():
            whole = self.whole()
            room = states if whole is None else torch.cat((whole, states), dim=self.axis)
            self.room, self.length, self._writable = room, end, False
            return room
        room = self._room_for(states, end)
        room.narrow(self.axis, self.length, end - self.length).copy_(states)
        self.length = end
        return room.narrow(self.axis, 0, end)

    def whole(self) -> Tensor | None:
        """All so far; None before the first."""
        return None if self.room is None else self.room.narrow(self.axis, 0, self.length)

    def crop(self, length: int) -> None:
        """Forget all but the first `length` tokens."""
        self.length = length

    def select(self, rows: Tensor) -> None:
        """Put the past of sequence `rows[b]` in place of that of sequence b."""
        if self.room is not None:
            with torch.inference_mode(False):  # else no later call outside could write it
                self.room = self.room.index_select(0, rows)

    def _room_for(self, states: Tensor, end: int) -> Tensor:
        room = self.room
        if room is None or room.shape[self.axis] < end or not self._writable:
            if self.capacity is not None:
                check_room(self.capacity, self.length, end - self.length)
            shape = list(states.shape)
            shape[self.axis] = self.capacity or max(end, 2 * self.length, FIRST_ROOM)
            with torch.inference_mode(False):
                wider = torch.empty(shape, dtype=states.dtype, device=states.device)
            whole = self.whole()
            if whole is not None:
                wider.narrow(self.axis, 0, self.length).copy_(whole)
            room, self.room, self._writable = wider, wider, True
        return room
