"""One layer's choice of keys serves the layers after it (2026; GLM-5, Mistral Large 4)."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.masks import Dense, Mask, as_mask


class ReusedIndex(nn.Module):
    """The selection of layer n: that of its own indexer, or the one of the layer before.

        for n, layer in enumerate(layers):
            chosen = index(x, layer=n, before=chosen)
            x = x + layer(x, mask=chosen)

    Neighboring layers look at much the same keys, and an indexer costs T² per layer, however small.

    - `indexers`: one per layer, a `LightningIndexer` or any module that makes a `Dense` of x, or
      None for a layer that reuses; the first layer must have its own.
    """

    def __init__(self, indexers: Sequence[nn.Module | None]) -> None:
        super().__init__()
        if not indexers or indexers[0] is None:
            raise ValueError("indexers must begin with an indexer: the first layer has none before")
        self.own = tuple(one is not None for one in indexers)
        self.indexers = nn.ModuleList(nn.Identity() if one is None else one for one in indexers)

    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        layer: int,
        before: Dense | None = None,
        mask: Mask | Bool[Tensor, "*B1 #T #T"] | None = None,
    ) -> Dense:
        """Raises ValueError for a layer that there is not, or that reuses what is not given."""
        if not 0 <= layer < len(self.own):
            raise ValueError(f"layer must be from 0 to {len(self.own) - 1}, got {layer}")
        if self.own[layer]:
            chosen: Dense = self.indexers[layer](x, mask=as_mask(mask))
            return chosen
        if before is None:
            raise ValueError(f"layer {layer} reuses a selection: before must be the last layer's")
        return before
