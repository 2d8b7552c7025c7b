"""The cheat sheet's code runs, and its numbers are those of attnlib."""

import re

import torch
from environment import ROOT

from attnlib import attention, masks

TEXT = (ROOT / "book" / "cheat_sheet.md").read_text(encoding="utf-8")


def test_the_code_runs_and_gives_the_shapes_of_the_table() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    said: dict[str, torch.Tensor] = {}
    exec(code, said)
    assert said["output"].shape == (1, 8, 6, 64)
    assert said["weights"].shape == (1, 8, 6, 6)
    assert said["self_attention"].shape == said["cross_attention"].shape == (1, 6, 512)
    assert torch.allclose(said["weights"].sum(dim=-1), torch.ones(1, 8, 6))


def test_the_rules_of_the_masks_are_attnlibs() -> None:
    queries, keys = 4, 6
    i, j = torch.meshgrid(torch.arange(queries), torch.arange(keys), indexing="ij")
    assert torch.equal(masks.Causal().dense(queries, keys)[0, 0], j <= i + keys - queries)
    i, j = torch.meshgrid(torch.arange(6), torch.arange(6), indexing="ij")
    assert torch.equal(masks.Window(3).dense(6)[0, 0], (i - j).abs() < 3)
    causal_or_prefix = masks.Prefix(2) | masks.Causal()
    assert torch.equal(causal_or_prefix.dense(6)[0, 0], (j < 2) | (j <= i))
    query = torch.randn(1, 1, 6, 4, dtype=torch.float64)
    ids = torch.tensor([0, 0, 0, 1, 1, 1])
    weights = attention(query, query, query, mask=masks.Document(ids)).weights
    assert torch.equal(weights[0, 0] > 0, ids[:, None] == ids)
