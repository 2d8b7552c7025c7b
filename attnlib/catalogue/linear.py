"""Recurrent forms: a state instead of a cache."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from attnlib.catalogue.entry import Entry, Example, Family, Limit, Property
from attnlib.linear import (
    attention_free,
    cosformer,
    delta,
    gated,
    gated_delta,
    kimi_delta,
    linear_attention,
    retention,
    rwkv,
    state_space,
)
from attnlib.linear.rwkv import Average

Form = Callable[..., tuple[Tensor, Any]]
Result = tuple[Tensor, Tensor]

CHAPTER = "16_linear_attention"
FAMILY: Family = "linear and approximate"
CAUSAL: frozenset[Property] = frozenset({"causal"})
HAND = "tests/oracles/test_linear_hand.py"
TRANSFORMERS = "tests/oracles/test_linear_transformers.py"
SHORT_CHUNK = 4


def forms(example: Example, module: ModuleType) -> dict[str, Example]:
    """The example in each form, the chunks so short that the tests' sequences have several."""
    chunked = partial(module.chunked, chunk=SHORT_CHUNK)
    return {
        "recurrent": partial(example, form=module.recurrent),
        "parallel": partial(example, form=module.parallel),
        "chunked": partial(example, form=chunked),
    }


# The gates below come from key and value; a layer makes them from the token by a projection.


def channel_gates(key: Tensor) -> Tensor:
    return F.logsigmoid(key + 1)


def gate(key: Tensor) -> Tensor:
    return F.logsigmoid(key.mean(dim=-1) + 1)


def write(value: Tensor) -> Tensor:
    return value.mean(dim=-1).sigmoid()


def unit(key: Tensor) -> Tensor:
    return F.normalize(key, dim=-1)


def linear(
    query: Tensor, key: Tensor, value: Tensor, form: Form = linear_attention.chunked
) -> Result:
    return form(query, key, value)


def linear_full(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return linear_attention.full(query, key, value)


def retained(query: Tensor, key: Tensor, value: Tensor, form: Form = retention.chunked) -> Result:
    return form(query, key, value, retention.decays(query.shape[1]).to(query))


def gated_linear(query: Tensor, key: Tensor, value: Tensor, form: Form = gated.chunked) -> Result:
    return form(query, key, value, channel_gates(key))


def selective(
    query: Tensor, key: Tensor, value: Tensor, form: Form = state_space.chunked
) -> Result:
    step = F.softplus(key.mean(dim=-1))
    rate = -torch.linspace(0.1, 1, query.shape[1]).to(query)
    return form(query, key, value, step, rate)


def delta_rule(query: Tensor, key: Tensor, value: Tensor, form: Form = delta.chunked) -> Result:
    return form(query, unit(key), value, write(value))


def gated_delta_rule(
    query: Tensor, key: Tensor, value: Tensor, form: Form = gated_delta.chunked
) -> Result:
    return form(query, unit(key), value, gate(key), write(value))


def kimi(query: Tensor, key: Tensor, value: Tensor, form: Form = kimi_delta.chunked) -> Result:
    return form(query, unit(key), value, channel_gates(key), write(value))


def time_mixing(
    query: Tensor, key: Tensor, value: Tensor, form: Form = rwkv.chunked
) -> tuple[Tensor, Average]:
    decay = torch.linspace(0.1, 2, key[0, :, 0].numel()).view_as(key[0, :, 0]).to(key)
    return form(query, key, value, decay, 1 - decay)


def attention_free_full(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    bias = torch.randn(1, 1, query.shape[2], key.shape[2]).to(query)
    return attention_free.full(query, key, value, bias)


def attention_free_local(query: Tensor, key: Tensor, value: Tensor, width: int = 2) -> Tensor:
    bias = torch.randn(1, 1, query.shape[2], key.shape[2]).to(query)
    return attention_free.full(query, key, value, attention_free.local_bias(bias, width))


def attention_free_simple(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Average]:
    return attention_free.simple(query, key, value)


def cosine(query: Tensor, key: Tensor, value: Tensor, form: Form = cosformer.chunked) -> Result:
    return form(query, key, value, 64)


def cosine_full(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return cosformer.full(query, key, value, 64)


# Settings in which they are something known.


def without_denominator(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT).tril() @ value


def retained_forever(query: Tensor, key: Tensor, value: Tensor) -> Result:
    return retention.chunked(query, key, value, query.new_ones(query.shape[1]))


def fixed_gate(query: Tensor, key: Tensor, value: Tensor) -> Result:
    log_decay = retention.decays(query.shape[1]).to(query).log()
    return gated.chunked(query, key, value, log_decay[:, None, None].expand_as(key))


def equal_steps(query: Tensor, key: Tensor, value: Tensor) -> Result:
    rate = retention.decays(query.shape[1]).to(query).log()
    return state_space.chunked(query, key, value, torch.ones_like(key[..., 0]), rate)


def open_gate(query: Tensor, key: Tensor, value: Tensor) -> Result:
    log_decay = torch.zeros_like(gate(key))
    return gated_delta.chunked(query, unit(key), value, log_decay, write(value))


def one_gate(query: Tensor, key: Tensor, value: Tensor) -> Result:
    log_decay = gate(key).unsqueeze(-1).expand_as(key)
    return kimi_delta.chunked(query, unit(key), value, log_decay, write(value))


def nothing_fades(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Average]:
    zero = torch.zeros_like(key[0, :, 0])
    return rwkv.chunked(query, key, value, zero, zero)


def no_bias(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return attention_free.full(query, key, value, query.new_zeros(1, 1, 1, 1), causal=True)


def widest(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return attention_free_local(query, key, value, width=key.shape[2])


def far_horizon(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return cosformer.full(query, key, value, 10**9)


def rectified(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return linear_attention.full(query, key, value, feature_map=torch.relu)


ENTRIES: list[Entry] = [
    Entry(
        name="Linear attention",
        family=FAMILY,
        tier=2,
        cite="katharopoulos2020",
        formula=r"\frac{\sum_j \phi(q_i)\cdot\phi(k_j)\,v_j}{\sum_j \phi(q_i)\cdot\phi(k_j)},"
        r"\ \phi = \mathrm{elu}+1",
        time="T",
        memory="T",
        chapter=CHAPTER,
        implementation=linear_attention.full,
        example=linear_full,
        oracle="hand-derived: the sum over pairs",
        test=f"{HAND}::test_full_linear_attention_is_the_kernel_sum",
        properties=frozenset({"unordered"}),
    ),
    Entry(
        name="Causal linear attention",
        family=FAMILY,
        tier=2,
        cite="katharopoulos2020",
        formula=r"S_t = S_{t-1} + \phi(k_t)v_t^\top,\ o_t \propto S_t^\top\phi(q_t)",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=linear_attention.chunked,
        example=linear,
        oracle="hand-derived: the masked sum over pairs",
        test=f"{HAND}::test_causal_linear_attention_is_the_masked_kernel_sum",
        properties=CAUSAL,
        forms=forms(linear, linear_attention),
    ),
    Entry(
        name="Retention",
        family=FAMILY,
        tier=2,
        cite="sun2023",
        formula=r"S_t = \gamma S_{t-1} + k_tv_t^\top,\ o_t = S_t^\top q_t",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=retention.chunked,
        example=retained,
        oracle="transformers MiniMaxLightningAttention",
        test=f"{TRANSFORMERS}::test_retention_equals_the_lightning_attention_of_minimax",
        properties=CAUSAL,
        forms=forms(retained, retention),
        limits=(Limit("γ = 1 is a causal sum over pairs", retained_forever, without_denominator),),
    ),
    Entry(
        name="Gated linear attention",
        family=FAMILY,
        tier=2,
        cite="yang2023",
        formula=r"S_t = \mathrm{Diag}(\alpha_t)S_{t-1} + k_tv_t^\top,\ o_t = S_t^\top q_t",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=gated.chunked,
        example=gated_linear,
        oracle="hand-derived: the sum over pairs, gates multiplied one by one",
        test=f"{HAND}::test_gates_multiply_from_the_token_after_the_key_to_the_query",
        properties=CAUSAL,
        forms=forms(gated_linear, gated),
        limits=(Limit("one fixed gate is retention", fixed_gate, retained),),
    ),
    Entry(
        name="State space duality (Mamba-2)",
        family=FAMILY,
        tier=2,
        cite="dao2024",
        formula=r"S_t = e^{\Delta_tA}S_{t-1} + \Delta_tk_tv_t^\top,\ o_t = S_t^\top q_t",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=state_space.chunked,
        example=selective,
        oracle="transformers mamba2_chunk_scan",
        test=f"{TRANSFORMERS}::test_state_space_equals_mamba2",
        properties=CAUSAL,
        forms=forms(selective, state_space),
        limits=(Limit("Δ = 1, A = log γ is retention", equal_steps, retained),),
    ),
    Entry(
        name="DeltaNet",
        family=FAMILY,
        tier=2,
        cite="yang2024",
        formula=r"S_t = S_{t-1} + \beta_tk_t(v_t - S_{t-1}^\top k_t)^\top,\ o_t = S_t^\top q_t",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=delta.chunked,
        example=delta_rule,
        oracle="transformers torch_recurrent_gated_delta_rule (qwen3_next), no decay",
        test=f"{TRANSFORMERS}::test_delta_equals_qwen3_next_without_decay",
        properties=CAUSAL,
        forms=forms(delta_rule, delta),
    ),
    Entry(
        name="Gated DeltaNet",
        family=FAMILY,
        tier=2,
        cite="yang2025",
        formula=r"S' = \alpha_tS_{t-1},\ S_t = S' + \beta_tk_t(v_t - S'^\top k_t)^\top,"
        r"\ o_t = S_t^\top q_t",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=gated_delta.chunked,
        example=gated_delta_rule,
        oracle="transformers torch_chunk_gated_delta_rule (qwen3_next)",
        test=f"{TRANSFORMERS}::test_gated_delta_equals_qwen3_next",
        properties=CAUSAL,
        forms=forms(gated_delta_rule, gated_delta),
        limits=(Limit("α = 1 is DeltaNet", open_gate, delta_rule),),
    ),
    Entry(
        name="Kimi delta attention",
        family=FAMILY,
        tier=2,
        cite="kimi2025",
        formula=r"S' = \mathrm{Diag}(\alpha_t)S_{t-1},"
        r"\ S_t = S' + \beta_tk_t(v_t - S'^\top k_t)^\top,\ o_t = S_t^\top q_t",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=kimi_delta.chunked,
        example=kimi,
        oracle="transformers chunk_kimi_delta_attention",
        test=f"{TRANSFORMERS}::test_kimi_delta_equals_kimi_linear",
        properties=CAUSAL,
        forms=forms(kimi, kimi_delta),
        limits=(Limit("equal gates are Gated DeltaNet", one_gate, gated_delta_rule),),
    ),
    Entry(
        name="RWKV time mixing",
        family=FAMILY,
        tier=3,
        cite="peng2023",
        formula=r"\sigma(r_t)\odot\frac{\sum_{i<t}e^{k_i-(t-1-i)w}v_i + e^{k_t+u}v_t}"
        r"{\sum_{i<t}e^{k_i-(t-1-i)w} + e^{k_t+u}}",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=rwkv.chunked,
        example=time_mixing,
        oracle="transformers rwkv_linear_attention_cpu",
        test=f"{TRANSFORMERS}::test_rwkv_equals_transformers",
        properties=CAUSAL,
        forms=forms(time_mixing, rwkv),
        limits=(Limit("w = u = 0 is AFT-simple", nothing_fades, attention_free_simple),),
    ),
    Entry(
        name="AFT-full",
        family=FAMILY,
        tier=3,
        cite="zhai2021",
        formula=r"\sigma(q_t)\odot\frac{\sum_je^{k_j+w_{tj}}\odot v_j}{\sum_je^{k_j+w_{tj}}}",
        time="T²",
        memory="T²",
        chapter=CHAPTER,
        implementation=attention_free.full,
        example=attention_free_full,
        oracle="hand-derived: the sum over pairs",
        test=f"{HAND}::test_attention_free_is_the_papers_average",
    ),
    Entry(
        name="AFT-local",
        family=FAMILY,
        tier=3,
        cite="zhai2021",
        formula=r"\text{AFT-full with } w_{tj} = 0 \text{ where } |t-j| \ge s",
        time="T²",
        memory="T²",
        chapter=CHAPTER,
        implementation=attention_free.local_bias,
        example=attention_free_local,
        oracle="hand-derived: the band written out",
        test=f"{HAND}::test_a_local_bias_is_kept_where_the_distance_is_below_the_width",
        limits=(Limit("s = T is AFT-full", widest, attention_free_full),),
    ),
    Entry(
        name="AFT-simple",
        family=FAMILY,
        tier=3,
        cite="zhai2021",
        formula=r"\sigma(q_t)\odot\frac{\sum_{j\le t}e^{k_j}\odot v_j}{\sum_{j\le t}e^{k_j}}",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=attention_free.simple,
        example=attention_free_simple,
        oracle="hand-derived: the sum over pairs",
        test=f"{HAND}::test_simple_attention_free_has_no_bias",
        properties=CAUSAL,
        forms={"parallel": no_bias},
    ),
    Entry(
        name="cosFormer",
        family=FAMILY,
        tier=3,
        cite="qin2022",
        formula=r"\propto \sum_j \mathrm{ReLU}(q_i)\cdot\mathrm{ReLU}(k_j)"
        r"\cos\!\left(\tfrac{\pi}{2}\tfrac{i-j}{M}\right)v_j",
        time="T",
        memory="T; state 1",
        chapter=CHAPTER,
        implementation=cosformer.chunked,
        example=cosine,
        oracle="hand-derived: the sum over pairs",
        test=f"{HAND}::test_causal_cosformer_is_the_quadratic_form",
        properties=CAUSAL,
        forms=forms(cosine, cosformer),
    ),
    Entry(
        name="Full cosFormer",
        family=FAMILY,
        tier=3,
        cite="qin2022",
        formula=r"\propto \sum_j \mathrm{ReLU}(q_i)\cdot\mathrm{ReLU}(k_j)"
        r"\cos\!\left(\tfrac{\pi}{2}\tfrac{i-j}{M}\right)v_j,\ \text{all } j",
        time="T",
        memory="T",
        chapter=CHAPTER,
        implementation=cosformer.full,
        example=cosine_full,
        oracle="hand-derived: the sum over pairs",
        test=f"{HAND}::test_full_cosformer_is_the_quadratic_form",
        limits=(Limit("M → ∞ is linear attention with ReLU", far_horizon, rectified),),
    ),
]
