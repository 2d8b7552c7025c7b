"""Attention as looking things up."""

import torch
from torch import Tensor, nn

from attnlib import Attended, attention
from attnlib.retrieval.copying import GenerationGate, copy_or_generate
from attnlib.retrieval.hopfield import retrieve
from attnlib.retrieval.latent_queries import LatentQueries
from attnlib.retrieval.pointer import Pointer
from attnlib.retrieval.slots import SlotAttention
from attnlib.scores import Additive
from course.catalogue.entry import Entry, Limit

TESTS = "tests/lib/oracles/test_retrieval.py"
WEIGHTS = "tests/lib/oracles/test_second_oracles_of_weights.py"


def pointer(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return Pointer(8, 8, hidden_size=8).to(query)(query, key)


def pointed_sum(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return pointer(query, key, value).weights.to(value) @ value


def additive(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, score=Additive(8, 8, hidden_size=8).to(query))


def copying(x: Tensor, generate: float | None = None) -> Tensor:
    """Words from a vocabulary of 5, or from the source, which has a word of its own besides."""
    vocabulary = nn.Linear(16, 5).to(x)(x).softmax(dim=-1)
    seen = attention(x.unsqueeze(1), x.unsqueeze(1), x.unsqueeze(1))
    context, weights = seen.output.squeeze(1), seen.rows(slice(None)).squeeze(1).to(x)
    source = torch.arange(x.shape[1], device=x.device).remainder(6).expand(len(x), -1)
    gate = GenerationGate(16, 16, input_size=16).to(x)(context, x, x)
    gate = gate if generate is None else torch.full_like(gate, generate)
    return copy_or_generate(gate, vocabulary, weights, source, new_words=1)


def only_generating(x: Tensor) -> Tensor:
    return copying(x, generate=1.0)


def vocabulary_alone(x: Tensor) -> Tensor:
    return nn.functional.pad(nn.Linear(16, 5).to(x)(x).softmax(dim=-1), (0, 1))


def latent_queries(x: Tensor) -> Tensor:
    return LatentQueries(16, heads=4, latents=3).to(x)(x)


def slots(x: Tensor) -> Tensor:
    return SlotAttention(16, slots=3, rounds=2).to(x)(x)


def hopfield(query: Tensor, key: Tensor, value: Tensor, steps: int = 3) -> Attended:
    return retrieve(query, key, sharpness=0.5, steps=steps)


def hopfield_once(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return hopfield(query, key, value, steps=1)


def keys_as_values(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, key, scale=0.5)


ENTRIES: list[Entry] = [
    Entry(
        name="Pointer",
        tier=1,
        cite="vinyals2015",
        formula=r"p(j) = \mathrm{softmax}_j(v^\top\tanh(W_1k_j + W_2q))",
        time="Tq · Tk · A, A: hidden size",
        memory="Tq · Tk · A",
        implementation=Pointer,
        example=pointer,
        oracle="keras.layers.AdditiveAttention, its weights, and by hand",
        test=f"{WEIGHTS}::test_a_pointer_equals_the_scores_of_keras",
        limits=(Limit("p · V is additive attention", pointed_sum, additive),),
    ),
    Entry(
        name="Copying (pointer-generator)",
        tier=1,
        cite="see2017",
        formula=r"P(w) = p_{gen}P_{vocab}(w)\\ {}+ (1-p_{gen})\sum_{j:\,w_j=w}a_j",
        time="Tq · (Tk · D + V · E)",
        memory="Tq · (Tk + V)",
        implementation=copy_or_generate,
        example=copying,
        inputs="x",
        oracle="torch.distributions.MixtureSameFamily, and word by word",
        test=f"{WEIGHTS}::test_copying_equals_a_mixture_of_pytorchs_distributions",
        limits=(Limit("p_gen = 1 never copies", only_generating, vocabulary_alone),),
    ),
    Entry(
        name="Latent queries (Perceiver)",
        tier=2,
        cite="jaegle2021",
        formula=r"z + \mathrm{softmax}(zW_Q(xW_K)^\top/\sqrt{D})\\"
        r"{}\cdot xW_V,\ z\ \text{learned}",
        time="N · T · D",
        memory="(N + T) · D (fused), N · T (weights read)",
        implementation=LatentQueries,
        example=latent_queries,
        inputs="x",
        oracle="transformers PerceiverAttention",
        test=f"{TESTS}::test_latent_queries_equal_perceiver",
    ),
    Entry(
        name="Slot attention",
        tier=2,
        cite="locatello2020",
        formula=r"A_{ij} = a_{ij}/\textstyle\sum_l a_{il},\\"
        r"a = \mathrm{softmax}_i(q_i\cdot k_j/\sqrt{D})",
        time="rounds · N · T · D",
        memory="N · T + (N + T) · D",
        implementation=SlotAttention,
        example=slots,
        inputs="x",
        oracle="transformers GroupViTAssignAttention and nn.GRUCell, and loops",
        test=f"{WEIGHTS}::test_slots_equal_the_groups_of_groupvit",
    ),
    Entry(
        name="Hopfield retrieval",
        tier=3,
        cite="ramsauer2020",
        formula=r"\xi \leftarrow X\,\mathrm{softmax}(\beta X^\top\xi)",
        time="steps · Tq · Tk · D",
        memory="(Tq + Tk) · D (fused), Tq · Tk (weights read)",
        implementation=retrieve,
        example=hopfield,
        oracle="F.scaled_dot_product_attention(scale=β), step by step",
        test=f"{TESTS}::test_retrieval_equals_pytorch_step_by_step",
        properties=frozenset({"normalized", "unordered"}),
        limits=(
            Limit("one step is attention whose values are its keys", hopfield_once, keys_as_values),
        ),
    ),
]
