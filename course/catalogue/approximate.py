"""Softmax attention approximated."""

from collections.abc import Callable

import torch
from torch import Tensor

from attnlib import Attended, Weighed, attention
from attnlib.linear import Linformer, nystrom, performer
from attnlib.linear.performer import Scaled
from attnlib.masks import Dense
from attnlib.scores import dot
from attnlib.sparse.hashing import hashed_attention
from attnlib.sparse.sorted_hashing import sorted_attention
from course.catalogue.entry import Entry, Limit
from course.catalogue.scores import scaled_dot

ORACLES = "tests/lib/oracles/test_approximate.py"


def directions(query: Tensor) -> Tensor:
    return performer.random_directions(32, query.shape[-1]).to(query.device)


def random_features(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Scaled]:
    return performer.full(query, key, value, directions(query))


def causal_features(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    form: Callable[..., tuple[Tensor, Scaled]] = performer.chunked,
) -> tuple[Tensor, Scaled]:
    return form(query, key, value, directions(query))


def recurrent_features(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Scaled]:
    return causal_features(query, key, value, performer.recurrent)


def parallel_features(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Scaled]:
    return causal_features(query, key, value, performer.parallel)


def low_rank(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    length = key.shape[2]
    return Linformer(length, rank=min(3, length)).to(query)(query, key, value)


def full_rank(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    layer = Linformer(key.shape[2], rank=key.shape[2], shared=True).to(query)
    torch.nn.init.eye_(layer.key_projection)
    return layer(query, key, value)


def landmarks(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    length = key.shape[2]
    return nystrom.full(query, key, value, landmarks=length // 2 if length % 2 == 0 else 1)


def one_landmark_per_token(query: Tensor, key: Tensor, value: Tensor) -> Weighed:
    return nystrom.full(query, key, value, landmarks=key.shape[2], iterations=40)


def hashed(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    rotations = torch.randn(query.shape[-1], 2, 2).to(query.device)
    return hashed_attention(query, value, rotations, chunk=2)


def hashed_and_sorted(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    rotations = torch.randn(query.shape[-1], 2, 2).to(query.device)
    return sorted_attention(query, value, rotations, chunk=2)


def one_bucket(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    rotations = torch.zeros(query.shape[-1], 1, 1, device=query.device)
    return hashed_attention(query, value, rotations, chunk=query.shape[2])


def all_but_itself(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    length = query.shape[2]
    seen = torch.ones(length, length, dtype=torch.bool, device=query.device).tril(-1)
    seen[0, 0] = True
    unit = torch.nn.functional.normalize(query, dim=-1)
    return attention(query, unit, value, mask=Dense(seen), score=dot)


ENTRIES: list[Entry] = [
    Entry(
        name="Performer",
        tier=3,
        cite="choromanski2021",
        formula=r"\frac{\sum_j \phi(q_i)\cdot\phi(k_j)\,v_j}{\sum_j \phi(q_i)\cdot\phi(k_j)},\\"
        r"\phi(x)_r = e^{\omega_r\cdot x - \lVert x\rVert^2/2}",
        time="T · m · D",
        memory="T · (m + D)",
        implementation=performer.full,
        example=random_features,
        oracle="F.scaled_dot_product_attention, approached like 1/√m",
        test=f"{ORACLES}::test_performer_comes_closer_to_pytorch_like_one_over_root_m",
        properties=frozenset({"unordered"}),
    ),
    Entry(
        name="Causal Performer",
        tier=3,
        cite="choromanski2021",
        formula=r"S_t = S_{t-1} + \phi(k_t)v_t^\top,\\ o_t \propto S_t^\top\phi(q_t),\\"
        r"\phi(x)_r = e^{\omega_r\cdot x - \lVert x\rVert^2/2}",
        time="T · m · D",
        memory="T · (m + D); state m · (D + 1)",
        same_as="Performer",
        implementation=performer.chunked,
        example=causal_features,
        oracle="F.scaled_dot_product_attention(is_causal=True), approached like 1/√m",
        test=f"{ORACLES}::test_performer_comes_closer_to_pytorch_like_one_over_root_m",
        properties=frozenset({"causal"}),
        forms={"recurrent": recurrent_features, "parallel": parallel_features},
    ),
    Entry(
        name="Linformer",
        tier=3,
        cite="wang2020",
        formula=r"\mathrm{softmax}\!\left(Q(EK)^\top/\sqrt{D}\right)FV",
        time="T · R · D",
        memory="T · R",
        implementation=Linformer,
        example=low_rank,
        oracle="F.scaled_dot_product_attention(Q, EK, FV)",
        test=f"{ORACLES}::test_linformer_equals_pytorch_on_mixed_keys_and_values",
        properties=frozenset({"normalized"}),
        limits=(Limit("R = T, E = F = I is attention", full_rank, scaled_dot),),
    ),
    Entry(
        name="Nyströmformer",
        tier=3,
        cite="xiong2021",
        formula=r"\mathrm{softmax}(Q\tilde K^\top)\,\mathrm{softmax}(\tilde Q\tilde K^\top)^+\\"
        r"\,\mathrm{softmax}(\tilde QK^\top)\,V",
        time="T · m · D",
        memory="T · m",
        implementation=nystrom.full,
        example=landmarks,
        oracle="transformers NystromformerSelfAttention",
        test=f"{ORACLES}::test_nystrom_equals_transformers",
        limits=(Limit("one landmark per token is attention", one_landmark_per_token, scaled_dot),),
    ),
    Entry(
        name="Reformer (LSH)",
        tier=3,
        cite="kitaev2020",
        formula=r"\mathrm{softmax}_{j:\,h(q_j)=h(q_i)}"
        r"\!\left(q_i\cdot q_j/\lVert q_j\rVert\right)V",
        time="T log T · D (sorted and gathered), T² · D (here)",
        memory="T · D (sorted and gathered), T² (here)",
        implementation=hashed_attention,
        example=hashed,
        oracle="transformers LSHSelfAttention, and F.scaled_dot_product_attention with the mask",
        test=f"{ORACLES}::test_hashed_attention_equals_reformer_with_a_bucket_a_chunk",
        properties=frozenset({"weighted sum", "normalized"}),
        forms={"sorted": hashed_and_sorted},
        limits=(Limit("one bucket is attention to the others", one_bucket, all_but_itself),),
    ),
]
