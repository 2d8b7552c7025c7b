"""Recurrent forms that correct what they stored."""

from attnlib.linear import delta, gated_delta, kimi_delta
from course.catalogue import linear_examples as examples
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.linear import forms

CAUSAL: frozenset[Property] = frozenset({"causal"})
TRANSFORMERS = "tests/lib/oracles/test_linear_transformers.py"

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
]
