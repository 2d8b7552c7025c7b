"""A window, and tokens or summaries that reach everywhere."""

import torch
from torch import Tensor

from attnlib.heads import GlobalTokensAttention, MultiHeadAttention, TransientGlobalAttention
from attnlib.masks import Window
from course.catalogue.entry import Entry, Limit

ORACLES = "tests/lib/oracles/test_chosen_keys.py"


def global_tokens(x: Tensor) -> Tensor:
    everywhere = torch.arange(x.shape[1], device=x.device).unsqueeze(0) == 0
    return GlobalTokensAttention(16, heads=4, window=2).to(x)(x, everywhere)


def no_global_token(x: Tensor) -> Tensor:
    nobody = torch.zeros(1, x.shape[1], dtype=torch.bool, device=x.device)
    return GlobalTokensAttention(16, heads=4, window=2).to(x)(x, nobody)


def window_alone(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4).to(x)(x, mask=Window(2))


def transient_global(x: Tensor) -> Tensor:
    layer = TransientGlobalAttention(16, heads=4, radius=1, block=2, buckets=8, longest=20)
    return layer.to(x)(x)


ENTRIES = [
    Entry(
        name="Global tokens (Longformer)",
        tier=2,
        cite="beltagy2020",
        formula=r"|i-j| < w\ \vee\ i \in G\ \vee\ j \in G,\\ "
        r"i \in G: \text{by matrices of their own}",
        time="T · (w + g) · D for g global tokens (gathered), T² · D (here)",
        memory="T · D (gathered), T² (here)",
        implementation=GlobalTokensAttention,
        example=global_tokens,
        inputs="x",
        oracle="transformers LongformerSelfAttention",
        test=f"{ORACLES}::test_global_tokens_equal_longformer",
        limits=(Limit("without global tokens a window", no_global_token, window_alone),),
    ),
    Entry(
        name="Transient-global attention (LongT5)",
        tier=3,
        cite="guo2022",
        formula=r"\mathrm{softmax}\left(q\,[K_{\text{window}}, gW_K]^\top + b\right)"
        r"[V_{\text{window}}, gW_V],\\ g_n = \mathrm{norm}\left("
        r"\textstyle\sum_{j\in\text{block } n} x_j\right)",
        time="T · (r + T/m) · D (gathered), T² · D (here)",
        memory="T · D (gathered), T² (here)",
        implementation=TransientGlobalAttention,
        example=transient_global,
        inputs="x",
        oracle="transformers LongT5TransientGlobalAttention",
        test=f"{ORACLES}::test_transient_global_attention_equals_longt5",
    ),
]
