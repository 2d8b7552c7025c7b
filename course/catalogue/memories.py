"""Memories that weigh exponentially, turn, regress or learn: recurrent forms of 2023 to 2026."""

from functools import partial

from attnlib.linear import (
    bounded_memory,
    gated_slots,
    linear_attention,
    log_linear,
    mamba,
    mamba3,
    mesa,
    mixture,
    mlstm,
    taylor,
    titans,
    ttt,
)
from course.catalogue import linear_examples
from course.catalogue import memory_examples as examples
from course.catalogue.delta_rules import CAUSAL, FLA, TRANSFORMERS
from course.catalogue.entry import Entry, Limit
from course.catalogue.linear import forms

SECOND = "tests/lib/oracles/test_second_oracles_of_sums.py"

ENTRIES: list[Entry] = [
    Entry(
        name="Based (Taylor features)",
        tier=3,
        cite="arora2024based",
        formula=r"\phi(q)\cdot\phi(k) = 1 + s + s^2/2,\\ s = q\cdot k/\sqrt{D}",
        time="T · D³",
        memory="T · D²; state D³",
        implementation=taylor.features,
        example=examples.taylor_series,
        oracle="flash-linear-attention naive_parallel_based",
        test=f"{FLA}::test_taylor_features_equal_based",
        properties=CAUSAL,
        forms=forms(examples.taylor_series, linear_attention),
    ),
    Entry(
        name="Selective scan (Mamba)",
        tier=2,
        cite="gu2023",
        formula=r"h_{t,c} = e^{-\Delta_{tc}a_c}\odot h_{t-1,c} + \Delta_{tc}k_tv_{tc},\\"
        r"o_{tc} = q_t\cdot h_{t,c}",
        time="T · D²",
        memory="T · D (fused); state D², T · D² (here)",
        implementation=mamba.chunked,
        example=examples.scanned,
        oracle="transformers mamba_selective_scan",
        test=f"{TRANSFORMERS}::test_mamba_equals_transformers",
        properties=CAUSAL,
        forms=forms(examples.scanned, mamba),
        limits=(
            Limit(
                "one rate and step per head: Mamba-2",
                examples.equal_rates,
                linear_examples.selective,
            ),
        ),
    ),
    Entry(
        name="Mamba-3",
        tier=2,
        cite="lahoti2026",
        formula=r"h_t = \alpha_tR_t\left(h_{t-1} + "
        r"(1-\lambda_t)\Delta_tk_{t-1}v_{t-1}^\top\right)\\"
        r"{}+ \lambda_t\Delta_tk_tv_t^\top,\ \ o_t = h_t^\top q_t",
        time="T · D²",
        memory="T · D; state D²",
        implementation=mamba3.chunked,
        example=examples.trapezoid,
        oracle="scipy.linalg.solve_banded over complex numbers, and a loop",
        test="tests/lib/oracles/test_second_oracles_of_sums.py::test_mamba3_solves_scipys_banded_equations_over_complex_numbers",
        properties=CAUSAL,
        forms=forms(examples.trapezoid, mamba3),
        limits=(
            Limit("λ = 1, R = 1 is Mamba-2", examples.new_tokens_alone, linear_examples.selective),
        ),
    ),
    Entry(
        name="mLSTM",
        tier=2,
        cite="beck2024",
        formula=r"C_t = f_tC_{t-1} + e^{i_t}k_tv_t^\top,\ n_t = f_tn_{t-1} + e^{i_t}k_t,\\"
        r"o_t = \frac{C_t^\top q_t}{\max(|n_t\cdot q_t|, 1)}",
        time="T · D²",
        memory="T · D; state D · (D + 1)",
        implementation=mlstm.chunked,
        example=examples.exponential,
        oracle="transformers mlstm_recurrent_step_native (xlstm)",
        test=f"{TRANSFORMERS}::test_mlstm_equals_xlstm",
        properties=CAUSAL,
        forms=forms(examples.exponential, mlstm),
    ),
    Entry(
        name="MesaNet",
        tier=3,
        cite="vonoswald2025",
        formula=r"H_t = \alpha_tH_{t-1} + \beta_tk_tk_t^\top,\\ G_t = \alpha_tG_{t-1} + "
        r"\beta_tk_tv_t^\top,\\ o_t = G_t^\top(H_t + \Lambda)^{-1}q_t",
        time="T · D² · steps (paper), T · D³ (here)",
        memory="state 2 · D² (paper), T · D² (here)",
        implementation=mesa.chunked,
        example=examples.regressed,
        oracle="flash-linear-attention naive_mesa_net_exact",
        test=f"{FLA}::test_mesa_equals_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(examples.regressed, mesa),
        limits=(
            Limit(
                "orthogonal keys, Λ = 1: half of a causal sum",
                examples.without_ridge_of_orthogonal_keys,
                examples.half_of_linear_attention,
            ),
        ),
    ),
    Entry(
        name="Titans (linear memory)",
        tier=3,
        cite="behrouz2025",
        formula=r"M_t = \eta_tM_{t-1} + \theta_tk_t(v_t - S_{t-1}^\top k_t)^\top,\\"
        r"S_t = \alpha_tS_{t-1} + M_t,\ \ o_t = S_t^\top q_t",
        time="T · D²",
        memory="T · D; state 2 · D²",
        implementation=titans.chunked,
        example=examples.moved,
        oracle="flash-linear-attention recurrent_momentum_delta_rule_ref",
        test=f"{FLA}::test_titans_equal_the_momentum_delta_rule_of_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(examples.moved, titans),
        limits=(
            Limit("η = 0, α = 1 is DeltaNet", examples.no_momentum, linear_examples.delta_rule),
        ),
    ),
    Entry(
        name="Log-linear",
        tier=3,
        cite="guo2025",
        formula=r"\sum_{j\le i}\lambda_i^{(\ell)}\,\alpha_{j+1}\cdots\alpha_i\,(q_i\cdot k_j)\,v_j,"
        r"\\ \ell = \text{bits of}\ i\oplus j",
        time="T · log T · D²",
        memory="T · D; state D² · log T",
        implementation=log_linear.chunked,
        example=examples.by_levels,
        oracle="flash-linear-attention naive_log_linear_attn",
        test=f"{FLA}::test_log_linear_equals_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(examples.by_levels, log_linear),
        limits=(
            Limit(
                "λ = 1 is gated linear attention", examples.equal_shares, examples.gated_per_head
            ),
        ),
    ),
    Entry(
        name="Gated slots (GSA)",
        tier=3,
        cite="zhang2024slots",
        formula=r"K_t = K_{t-1}\mathrm{Diag}(\alpha_t) + k_t(1-\alpha_t)^\top,\\"
        r"V_t = \mathrm{Diag}(\alpha_t)V_{t-1} + (1-\alpha_t)v_t^\top,\\"
        r"o_t = V_t^\top\mathrm{softmax}(K_t^\top q_t)",
        time="T · M · D",
        memory="T · D; state 2 · M · D",
        implementation=gated_slots.chunked,
        example=examples.slots,
        oracle="flash-linear-attention naive_recurrent_gsa",
        test=f"{FLA}::test_gated_slots_equal_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(examples.slots, gated_slots),
        limits=(Limit("one slot is a gated mean", examples.one_gated_slot, examples.gated_mean),),
    ),
    Entry(
        name="Bounded memory (ABC)",
        tier=3,
        cite="peng2022",
        formula=r"K_t = \textstyle\sum_{j\le t}k_ja_{tj}^\top,\ "
        r"V_t = \sum_{j\le t}a_{tj}v_j^\top,\\"
        r"a_{tj} = \mathrm{softmax}_{j\le t}(c_j),\\ o_t = V_t^\top\mathrm{softmax}(K_t^\top q_t)",
        time="T · M · D",
        memory="T · D; state M · (2 · D + 1)",
        implementation=bounded_memory.chunked,
        example=examples.means,
        oracle="flash-linear-attention naive_cumsum_abc",
        test=f"{FLA}::test_bounded_memory_equals_both_forms_of_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(examples.means, bounded_memory),
        limits=(Limit("one slot is the running mean", examples.one_slot, examples.running_mean),),
    ),
    Entry(
        name="TTT-linear",
        tier=3,
        cite="sun2024",
        formula=r"f(x) = x + \mathrm{LN}(xW + b),\\ W_t = W_{t-1} - \eta_t\nabla_W"
        r"\tfrac{1}{2}\lVert f(k_t) - v_t\rVert^2,\\ o_t = f(q_t)",
        time="T · D²",
        memory="T · D; state D · (D + 1)",
        implementation=ttt.chunked,
        example=examples.learned,
        oracle="torch.autograd.grad of the loss; its states: flash-linear-attention ttt_linear",
        test=f"{FLA}::test_ttt_equals_gradient_descent_by_autograd",
        properties=CAUSAL,
        forms={"recurrent": partial(examples.learned, form=ttt.recurrent)},
        limits=(Limit("η = 0 is a fixed layer", examples.nothing_learned, examples.normed_query),),
    ),
    Entry(
        name="Mixture of memories",
        tier=3,
        cite="du2025",
        formula=r"S_t^m = \begin{cases}\alpha_tS_{t-1}^m + k_t^m(v_t^m)^\top & r_t^m > 0\\"
        r"S_{t-1}^m & \text{else}\end{cases}\\ o_t = \textstyle\sum_m r_t^m(S_t^m)^\top q_t",
        time="T · D² · n (paper), T · D² · M (here)",
        memory="T · D · n; state M · D², T · D · M (here)",
        implementation=mixture.chunked,
        example=examples.mixed,
        oracle="flash-linear-attention naive_recurrent_gla, memory by memory, and by hand",
        test=f"{SECOND}::test_each_memory_of_a_mixture_is_gated_linear_attention_of_its_tokens",
        properties=CAUSAL,
        forms=forms(examples.mixed, mixture),
        limits=(
            Limit(
                "one memory is gated linear attention", examples.one_memory, examples.gated_per_head
            ),
        ),
    ),
]
