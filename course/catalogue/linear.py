"""Recurrent forms: a state instead of a cache."""

from functools import partial
from types import ModuleType

from attnlib.linear import gated_linear, linear_attention, retention, rwkv6, state_space
from course.catalogue import linear_examples as examples
from course.catalogue.entry import Entry, Example, Limit, Property

CAUSAL: frozenset[Property] = frozenset({"causal"})
SECOND = "tests/lib/oracles/test_second_oracles_of_sums.py"
TRANSFORMERS = "tests/lib/oracles/test_linear_transformers.py"
FLA = "tests/lib/oracles/test_linear_fla.py"
SHORT_CHUNK = 4


def forms(example: Example, module: ModuleType) -> dict[str, Example]:
    """The example in each form, the chunks so short that the tests' sequences have several."""
    chunked = partial(module.chunked, chunk=SHORT_CHUNK)
    return {
        "recurrent": partial(example, form=module.recurrent),
        "parallel": partial(example, form=module.parallel),
        "chunked": partial(example, form=chunked),
    }


ENTRIES: list[Entry] = [
    Entry(
        name="Linear attention",
        tier=2,
        cite="katharopoulos2020",
        formula=r"\frac{\sum_j \phi(q_i)\cdot\phi(k_j)\,v_j}{\sum_j \phi(q_i)\cdot\phi(k_j)},\\"
        r"\phi = \mathrm{elu}+1",
        time="T · D²",
        memory="T · D",
        implementation=linear_attention.full,
        example=examples.linear_full,
        oracle="flash-linear-attention naive_recurrent_linear_attn, and by hand",
        test=f"{SECOND}::test_full_linear_attention_equals_flash_linear_attention",
        properties=frozenset({"unordered"}),
    ),
    Entry(
        name="Causal linear attention",
        tier=2,
        cite="katharopoulos2020",
        formula=r"S_t = S_{t-1} + \phi(k_t)v_t^\top,\\ o_t \propto S_t^\top\phi(q_t)",
        time="T · D²",
        memory="T · D; state D · (D + 1)",
        same_as="Linear attention",
        implementation=linear_attention.chunked,
        example=examples.linear,
        oracle="flash-linear-attention naive_recurrent_linear_attn, and by hand",
        test="tests/lib/oracles/test_second_oracles.py::test_causal_linear_attention_equals_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(examples.linear, linear_attention),
    ),
    Entry(
        name="Retention",
        tier=2,
        cite="sun2023",
        formula=r"S_t = \gamma S_{t-1} + k_tv_t^\top,\\ o_t = S_t^\top q_t",
        time="T · D²",
        memory="T · D; state D²",
        implementation=retention.chunked,
        example=examples.retained,
        oracle="transformers MiniMaxLightningAttention",
        test=f"{TRANSFORMERS}::test_retention_equals_the_lightning_attention_of_minimax",
        properties=CAUSAL,
        forms=forms(examples.retained, retention),
        limits=(
            Limit(
                "γ = 1 is a causal sum over pairs",
                examples.retained_forever,
                examples.without_denominator,
            ),
        ),
    ),
    Entry(
        name="Gated linear attention",
        tier=2,
        cite="yang2023",
        formula=r"S_t = \mathrm{Diag}(\alpha_t)S_{t-1} + k_tv_t^\top,\\ o_t = S_t^\top q_t",
        time="T · D²",
        memory="T · D; state D²",
        implementation=gated_linear.chunked,
        example=examples.channel_gated,
        oracle="flash-linear-attention naive_recurrent_gla, and by hand",
        test="tests/lib/oracles/test_second_oracles.py::test_gated_linear_attention_equals_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(examples.channel_gated, gated_linear),
        limits=(Limit("one fixed gate is retention", examples.fixed_gate, examples.retained),),
    ),
    Entry(
        name="State space duality (Mamba-2)",
        tier=2,
        cite="dao2024",
        formula=r"S_t = e^{-a\Delta_t}S_{t-1} + \Delta_tk_tv_t^\top,\\ o_t = S_t^\top q_t",
        time="T · D²",
        memory="T · D; state D²",
        implementation=state_space.chunked,
        example=examples.selective,
        oracle="transformers mamba2_chunk_scan",
        test=f"{TRANSFORMERS}::test_state_space_equals_mamba2",
        properties=CAUSAL,
        forms=forms(examples.selective, state_space),
        limits=(Limit("Δ = 1, e^−a = γ is retention", examples.equal_steps, examples.retained),),
    ),
    Entry(
        name="RWKV-6 (Finch)",
        tier=2,
        cite="peng2024rwkv",
        formula=r"o_t = (S_{t-1} + \mathrm{Diag}(u)k_tv_t^\top)^\top q_t,\\"
        r"S_t = \mathrm{Diag}(\alpha_t)S_{t-1} + k_tv_t^\top",
        time="T · D²",
        memory="T · D; state D²",
        implementation=rwkv6.chunked,
        example=examples.finch,
        oracle="flash-linear-attention naive_recurrent_rwkv6",
        test=f"{FLA}::test_rwkv6_equals_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(examples.finch, rwkv6),
        limits=(
            Limit(
                "u = 0 is gated linear attention, asked one token earlier",
                examples.finch_without_itself,
                examples.gated_before_itself,
            ),
        ),
    ),
]
