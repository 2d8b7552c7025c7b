"""A ring under the layers of a model: each process reads its tokens, attention joins them.

    model = put_on_ring(GPT(…, rotary=True), order="zigzag")
    mine = places(T, processes, order="zigzag")[rank]
    logits = model(tokens[:, mine])

What is no attention (norms, feed-forward networks, the loss of a token) needs one token only, and
stays as it is. The mean of the processes' gradients is the gradient of the mean loss: it is what
`DistributedDataParallel` makes of them.
"""

from typing import NoReturn

import torch.distributed as dist
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.attended import Attended
from attnlib.dispatch import Plan
from attnlib.heads import MultiHeadAttention
from attnlib.heads._projections import Turn
from attnlib.masks import Mask
from attnlib.normalizers import softmax
from attnlib.parallel._group import everyone
from attnlib.parallel._places import Order, check_order, places
from attnlib.parallel.ring import ring_attention
from attnlib.positions import LearnedPositions
from attnlib.scores import scaled_dot

RING = Plan("ring", "keys come round from process to process")


class RingAttend(Attend):
    """`ring_attention` as a part of a model: queries, keys and values are this process's own.

    A mask is one of the whole sequence. There is no dropout, and the weights cannot be read, since
    no process holds all keys.
    """

    def __init__(
        self,
        *,
        scale: float | None = None,
        order: Order = "contiguous",
        group: dist.ProcessGroup | None = None,
    ) -> None:
        super().__init__(scale=scale)
        check_order(order)
        self.order: Order = order
        self.group = group

    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B G Tk Dk"],
        value: Float[Tensor, "B G Tk Dv"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    ) -> Attended:
        if bias is not None:
            raise ValueError("bias must be None: a ring adds none to its scores")
        if isinstance(mask, Tensor):
            raise TypeError("mask must be a Mask of the whole sequence, got Tensor")
        output = ring_attention(
            query, key, value, mask=mask, scale=self.scale, order=self.order, group=self.group
        )
        return _InRing(query, key, value, mask, None, scaled_dot, softmax, self.scale, output, RING)


class _InRing(Attended):
    """What came out of a ring. Its weights are nowhere."""

    def allowed(self, rows: slice) -> NoReturn:
        raise RuntimeError("a ring keeps no weights: no process holds all keys")

    def _scores(self, allowed: Tensor | None, rows: slice) -> NoReturn:
        self.allowed(rows)


class _Placed:
    """A turn by the places of this process's tokens in the whole sequence."""

    def __init__(self, turn: Turn, order: Order, group: dist.ProcessGroup | None) -> None:
        self.turn, self.order, self.group = turn, order, group

    def __call__(
        self, states: Float[Tensor, "B H T D"], here: Int[Tensor, " T"]
    ) -> Float[Tensor, "B H T D"]:
        group = everyone() if self.group is None else self.group
        processes, rank = dist.get_world_size(group), dist.get_rank(group)
        whole = places(len(here) * processes, processes, order=self.order)
        return self.turn(states, whole[rank].to(here.device))


def put_on_ring(
    model: nn.Module, *, order: Order = "contiguous", group: dist.ProcessGroup | None = None
) -> nn.Module:
    """Let every `MultiHeadAttention` of the model attend over a ring, and give the model back.

    It is changed in place. From then on it reads this process's tokens, those at
    `places(T, processes, order=order)[rank]`; rotary positions are those of the whole sequence.
    Raises ValueError for a layer that attends in another way (another score, normalizer or kind of
    layer, dropout), and for learned positions, which do not know where the tokens stand.
    """
    check_order(order)
    layers = {name: m for name, m in model.named_modules() if isinstance(m, MultiHeadAttention)}
    for name, module in model.named_modules():
        if isinstance(module, LearnedPositions):
            raise ValueError(f"{name}: learned positions do not know where the tokens stand")
        if isinstance(module, Attend) and name.rpartition(".")[0] not in layers:
            raise ValueError(f"{name}: a ring goes under MultiHeadAttention alone")
    for name, layer in layers.items():
        attend = layer.attend
        if attend.score is not scaled_dot or attend.normalize is not softmax or attend.dropout_p:
            raise ValueError(f"{name}: a ring has the scaled dot product, softmax and no dropout")
    for layer in layers.values():
        layer.attend = RingAttend(scale=layer.attend.scale, order=order, group=group)
        if layer.turn is not None:
            layer.turn = _Placed(layer.turn, order, group)
    return model
