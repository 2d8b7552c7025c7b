"""BERT's first training task: find the words that were hidden (Devlin et al., 2019, section 3.1).

logits
   ↑
· words' own vectors + bias        tied: the table that reads a word also writes it
   ↑
norm(gelu(x·W + b))
   ↑
BERT's states
   ↑
[CLS] the [MASK] sat [SEP]
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import checked
from attnlib.masks import Causal
from attnlib.models._weights import Weights, check_settings, fill
from attnlib.models.bert import NAMES, Bert, named_as_today, untrained


class MaskedWords(nn.Module):
    """A BERT and the head that says which word stands in each place.

    `causal` takes away what comes after: each word sees itself and those before it. BERT does not
    do so; it is here to be compared with.
    """

    def __init__(self, bert: Bert, *, causal: bool = False) -> None:
        super().__init__()
        words, size = bert.words.weight.shape
        self.bert = bert
        self.transform = nn.Linear(size, size)
        self.norm = nn.LayerNorm(size, eps=bert.norm.eps)
        self.bias = nn.Parameter(torch.zeros(words))
        self.causal = causal

    @checked
    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        lengths: Int[Tensor, " B"] | None = None,
        segments: Int[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """logits = norm(gelu(states·W + b))·Eᵀ + c, E the table of the words' vectors.

        Raises what `Bert` raises.
        """
        mask = Causal() if self.causal else None
        states = self.bert(tokens, lengths, segments, mask=mask)
        guess = self.norm(F.gelu(self.transform(states)))
        return guess @ self.bert.words.weight.T + self.bias


HEAD = {
    "cls.predictions.transform.dense": "transform",
    "cls.predictions.transform.LayerNorm": "norm",
    "cls.predictions.bias": "bias",
    "cls.predictions.decoder": None,  # the words' own table and the bias once more
    "cls.seq_relationship": None,  # the second task: does the second sentence follow?
    "bert.pooler": None,
    "bert.embeddings.position_ids": None,
}
BODY = {f"bert.{theirs}": f"bert.{ours}" for theirs, ours in NAMES.items() if ours is not None}


def from_transformers(weights: Weights, config: dict[str, Any]) -> MaskedWords:
    """The model whose weights and config.json transformers' BertForMaskedLM reads too.

    Raises ValueError when weights are missing, unexpected or misshapen, or when the config asks for
    another computation.
    """
    check_settings(config, tie_word_embeddings=True)
    model = MaskedWords(untrained(config))
    fill(model, named_as_today(weights), BODY | HEAD)
    return model.eval()
