"""Recurrent forms that correct what they stored."""

from attnlib.linear import (
    comba,
    delta,
    delta_product,
    gated_delta,
    gated_delta_2,
    kimi_delta,
    rwkv7,
)
from course.catalogue import delta_examples
from course.catalogue import linear_examples as examples
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.linear import forms

CAUSAL: frozenset[Property] = frozenset({"causal"})
TRANSFORMERS = "tests/lib/oracles/test_linear_transformers.py"
FLA = "tests/lib/oracles/test_linear_fla.py"

ENTRIES: list[Entry] = [
    Entry(
        name="DeltaNet",
        tier=2,
        cite="yang2024",
        formula=r"S_t = S_{t-1} + \beta_tk_t(v_t - S_{t-1}^\top k_t)^\top,\\ o_t = S_t^\top q_t",
        time="T · D²",
        memory="T · D; state D²",
        implementation=delta.chunked,
        example=examples.delta_rule,
        oracle="transformers torch_recurrent_gated_delta_rule (qwen3_next), no decay",
        test=f"{TRANSFORMERS}::test_delta_equals_qwen3_next_without_decay",
        properties=CAUSAL,
        forms=forms(examples.delta_rule, delta),
    ),
    Entry(
        name="Gated DeltaNet",
        tier=2,
        cite="yang2025",
        formula=r"S' = \alpha_tS_{t-1},\\ S_t = S' + \beta_tk_t(v_t - S'^\top k_t)^\top,\\"
        r"o_t = S_t^\top q_t",
        time="T · D²",
        memory="T · D; state D²",
        implementation=gated_delta.chunked,
        example=examples.gated_delta_rule,
        oracle="transformers torch_chunk_gated_delta_rule (qwen3_next)",
        test=f"{TRANSFORMERS}::test_gated_delta_equals_qwen3_next",
        properties=CAUSAL,
        forms=forms(examples.gated_delta_rule, gated_delta),
        limits=(Limit("α = 1 is DeltaNet", examples.open_gate, examples.delta_rule),),
    ),
    Entry(
        name="Kimi delta attention",
        tier=2,
        cite="kimi2025",
        formula=r"S' = \mathrm{Diag}(\alpha_t)S_{t-1},\\"
        r"S_t = S' + \beta_tk_t(v_t - S'^\top k_t)^\top,\\ o_t = S_t^\top q_t",
        time="T · D²",
        memory="T · D; state D²",
        implementation=kimi_delta.chunked,
        example=examples.kimi,
        oracle="transformers chunk_kimi_delta_attention",
        test=f"{TRANSFORMERS}::test_kimi_delta_equals_kimi_linear",
        properties=CAUSAL,
        forms=forms(examples.kimi, kimi_delta),
        limits=(
            Limit("equal gates are Gated DeltaNet", examples.one_gate, examples.gated_delta_rule),
        ),
    ),
    Entry(
        name="Gated DeltaNet-2",
        tier=3,
        cite="hatamizadeh2026",
        formula=r"S' = \mathrm{Diag}(\alpha_t)S_{t-1},\\"
        r"S_t = S' + k_t(w_t\odot v_t - S'^\top(b_t\odot k_t))^\top,\\ o_t = S_t^\top q_t",
        time="T · D²",
        memory="T · D; state D²",
        implementation=gated_delta_2.chunked,
        example=delta_examples.erased_and_written,
        oracle="flash-linear-attention naive_recurrent_gdn2",
        test=f"{FLA}::test_gated_delta_2_equals_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(delta_examples.erased_and_written, gated_delta_2),
        limits=(
            Limit(
                "b = w = β is Kimi delta attention", delta_examples.one_gate_for_both, examples.kimi
            ),
        ),
    ),
    Entry(
        name="Comba",
        tier=3,
        cite="hu2025",
        formula=r"S' = \alpha_tS_{t-1},\\ S_t = S' + \beta_tk_t(v_t - f\,S'^\top k_t)^\top,\\"
        r"o_t = S_t^\top(q_t - d\,k_t)",
        time="T · D²",
        memory="T · D; state D²",
        implementation=comba.chunked,
        example=delta_examples.controlled,
        oracle="flash-linear-attention naive_recurrent_comba",
        test=f"{FLA}::test_comba_equals_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(delta_examples.controlled, comba),
        limits=(
            Limit(
                "f = 1, d = 0 is Gated DeltaNet",
                delta_examples.uncontrolled,
                examples.gated_delta_rule,
            ),
        ),
    ),
    Entry(
        name="DeltaProduct",
        tier=3,
        cite="siems2025",
        formula=r"S_{t,0} = \alpha_tS_{t-1,n},\\ S_{t,j} = S_{t,j-1}\\ {}+ "
        r"\beta_{tj}k_{tj}(v_{tj} - S_{t,j-1}^\top k_{tj})^\top,\\ o_t = S_{t,n}^\top q_t",
        time="T · n · D²",
        memory="n · T · D; state D²",
        implementation=delta_product.chunked,
        example=delta_examples.two_steps,
        oracle="flash-linear-attention naive_recurrent_gated_delta_product",
        test=f"{FLA}::test_delta_product_equals_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(delta_examples.two_steps, delta_product),
        limits=(
            Limit("n = 1 is Gated DeltaNet", delta_examples.one_step, examples.gated_delta_rule),
        ),
    ),
    Entry(
        name="RWKV-7 (Goose)",
        tier=2,
        cite="peng2025rwkv",
        formula=r"S_t = \left(\mathrm{Diag}(\alpha_t) - (a_t\odot\kappa_t)\kappa_t^\top\right)"
        r"S_{t-1}\\ {}+ k_tv_t^\top,\ \ o_t = S_t^\top q_t",
        time="T · D²",
        memory="T · D; state D²",
        implementation=rwkv7.chunked,
        example=delta_examples.goose,
        oracle="flash-linear-attention dplr_recurrence",
        test=f"{FLA}::test_rwkv7_equals_the_generalized_delta_rule_of_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(delta_examples.goose, rwkv7),
        limits=(
            Limit(
                "a = 0 is gated linear attention",
                delta_examples.nothing_removed,
                examples.channel_gated,
            ),
            Limit(
                "α = 1, κ = k, a = β is DeltaNet",
                delta_examples.removed_by_the_key,
                delta_examples.nothing_forgotten,
            ),
        ),
    ),
]
