"""Recurrent forms that weigh channel by channel, or by distance."""

from attnlib.linear import attention_free, cosformer, rwkv
from course.catalogue import linear_examples as examples
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.linear import forms

CAUSAL: frozenset[Property] = frozenset({"causal"})
SECOND = "tests/lib/oracles/test_second_oracles_of_sums.py"
TRANSFORMERS = "tests/lib/oracles/test_linear_transformers.py"

ENTRIES: list[Entry] = [
    Entry(
        name="RWKV time mixing",
        tier=3,
        cite="peng2023",
        formula=r"\sigma(r_t)\odot\frac{\sum_{i<t}e^{k_i-(t-1-i)w}v_i + e^{k_t+u}v_t}"
        r"{\sum_{i<t}e^{k_i-(t-1-i)w} + e^{k_t+u}}",
        time="T · D",
        memory="T · D; state 2 · D",
        implementation=rwkv.chunked,
        example=examples.time_mixing,
        oracle="transformers rwkv_linear_attention_cpu",
        test=f"{TRANSFORMERS}::test_rwkv_equals_transformers",
        properties=CAUSAL,
        forms=forms(examples.time_mixing, rwkv),
        limits=(
            Limit(
                "w = u = 0 is AFT-simple", examples.nothing_fades, examples.attention_free_simple
            ),
        ),
    ),
    Entry(
        name="AFT-full",
        tier=3,
        cite="zhai2021",
        formula=r"\sigma(q_t)\odot\frac{\sum_je^{k_j+w_{tj}}\odot v_j}{\sum_je^{k_j+w_{tj}}}",
        time="T² · D",
        memory="T · D (paper), T² · D (here)",
        implementation=attention_free.full,
        example=examples.attention_free_full,
        oracle="F.scaled_dot_product_attention channel by channel, and by hand",
        test=f"{SECOND}::test_full_attention_free_equals_pytorch_channel_by_channel",
    ),
    Entry(
        name="AFT-local",
        tier=3,
        cite="zhai2021",
        formula=r"\text{AFT-full with } w_{tj} = 0\\ \text{where } |t-j| \ge s",
        time="T · s · D (paper), T² · D (here)",
        memory="T · D (paper), T² · D (here)",
        implementation=attention_free.local_bias,
        example=examples.attention_free_local,
        oracle="F.scaled_dot_product_attention channel by channel, and by hand",
        test=f"{SECOND}::test_local_attention_free_equals_pytorch_with_a_band_of_biases",
        limits=(Limit("s = T is AFT-full", examples.widest, examples.attention_free_full),),
    ),
    Entry(
        name="AFT-simple",
        tier=3,
        cite="zhai2021",
        formula=r"\sigma(q_t)\odot\frac{\sum_{j\le t}e^{k_j}\odot v_j}{\sum_{j\le t}e^{k_j}}",
        time="T · D",
        memory="T · D; state 2 · D",
        implementation=attention_free.chunked,
        example=examples.attention_free_simple,
        oracle="F.scaled_dot_product_attention channel by channel, and by hand",
        test=f"{SECOND}::test_simple_attention_free_equals_pytorch_without_biases",
        properties=CAUSAL,
        forms=forms(examples.attention_free_simple, attention_free),
        limits=(Limit("AFT-full with w = 0", examples.attention_free_simple, examples.no_bias),),
    ),
    Entry(
        name="cosFormer",
        tier=3,
        cite="qin2022",
        formula=r"\propto \sum_j \mathrm{ReLU}(q_i)\cdot\mathrm{ReLU}(k_j)\\"
        r"\cos\!\left(\tfrac{\pi}{2}\tfrac{i-j}{M}\right)v_j",
        time="T · D²",
        memory="T · D; state 2 · D · (D + 1)",
        implementation=cosformer.chunked,
        example=examples.cosine,
        oracle="flash-linear-attention naive_recurrent_linear_attn, and by hand",
        test=f"{SECOND}::test_causal_cosformer_equals_flash_linear_attention",
        properties=CAUSAL,
        forms=forms(examples.cosine, cosformer),
    ),
    Entry(
        name="Full cosFormer",
        tier=3,
        cite="qin2022",
        formula=r"\propto \sum_j \mathrm{ReLU}(q_i)\cdot\mathrm{ReLU}(k_j)\\"
        r"\cos\!\left(\tfrac{\pi}{2}\tfrac{i-j}{M}\right)v_j,\ \text{all } j",
        time="T · D²",
        memory="T · D",
        same_as="cosFormer",
        implementation=cosformer.full,
        example=examples.cosine_full,
        oracle="flash-linear-attention naive_recurrent_linear_attn, and by hand",
        test=f"{SECOND}::test_full_cosformer_equals_flash_linear_attention",
        limits=(
            Limit("M → ∞ is linear attention with ReLU", examples.far_horizon, examples.rectified),
        ),
    ),
]
