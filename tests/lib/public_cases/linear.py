"""Linear in the length: three forms each, and the approximations."""

from functools import partial

import torch

from attnlib.linear import linear_attention
from attnlib.linear._effective_weights import effective_weights
from attnlib.linear.linformer import Linformer
from public_cases.case import Case

FORMS = ("recurrent", "parallel", "chunked")


def log_decay(numbers):
    return -numbers.exp()


GATES = {
    "linear_attention": {},
    "retention": {"make": {"decay": torch.sigmoid}},
    "gated_linear": {"axes": {"log_decay": "B Hg T #D"}, "make": {"log_decay": log_decay}},
    "delta": {"make": {"write": torch.sigmoid}},
    "gated_delta": {"make": {"log_decay": log_decay, "write": torch.sigmoid}},
    "kimi_delta": {
        "axes": {"log_decay": "B Hg T #D"},
        "make": {"log_decay": log_decay, "write": torch.sigmoid},
    },
    "state_space": {"make": {"rate": torch.exp, "step": torch.exp}},
    "rwkv": {"make": {"rate": torch.exp}},
    "gated_delta_2": {
        "sizes": {"He": 4},
        "axes": {"log_decay": "B Hg T #D", "erase": "B He T #D", "write": "B Hw T #Dv"},
        "make": {"log_decay": log_decay, "erase": torch.sigmoid, "write": torch.sigmoid},
    },
    "comba": {
        "sizes": {"Hf": 4, "Hc": 4},
        "make": {"log_decay": log_decay, "write": torch.sigmoid, "feedback": torch.sigmoid},
    },
    "delta_product": {
        "sizes": {"n": 2},
        "axes": {"write": "B Hw T #n"},
        "make": {"log_decay": log_decay, "write": torch.sigmoid},
    },
    "rwkv6": {
        "sizes": {"Hb": 4},
        "axes": {"log_decay": "B Hg T #D"},
        "make": {"log_decay": log_decay},
    },
    "log_linear": {"sizes": {"Hs": 4, "L": 5}, "make": {"log_decay": log_decay}},
    "gated_slots": {"sizes": {"M": 3}, "make": {"log_decay": log_decay}},
    "bounded_memory": {"sizes": {"M": 3, "Hc": 4}},
    "mixture": {
        "sizes": {"M": 3, "Hr": 4},
        "make": {"log_decay": log_decay, "route": torch.sigmoid},
    },
    "mamba": {
        "sizes": {"Hg": 4},
        "axes": {"step": "B Hw T #Dv"},
        "make": {"rate": torch.exp, "step": torch.exp},
    },
    "mamba3": {
        "sizes": {"half": 4, "Hb": 4, "Ha": 2},
        "make": {"log_decay": log_decay, "step": torch.exp, "blend": torch.sigmoid},
    },
    "mlstm": {"make": {"log_decay": log_decay}},
    "mesa": {
        "sizes": {"Hr": 4},
        "make": {"log_decay": log_decay, "write": torch.sigmoid, "ridge": torch.exp},
    },
    "titans": {
        "sizes": {"Hm": 4},
        "make": {"log_decay": log_decay, "log_momentum": log_decay, "write": torch.sigmoid},
    },
    "rwkv7": {
        "sizes": {"Hr": 2},
        "axes": {"log_decay": "B Hg T #D", "write": "B Hw T #D"},
        "make": {"log_decay": log_decay, "write": torch.sigmoid},
    },
    "attention_free": {},
    "cosformer": {"given": {"horizon": 8}},
    "performer": {"sizes": {"m": 3}},
}

CASES = {
    f"linear.{module}.{form}": Case(**gates) for module, gates in GATES.items() for form in FORMS
} | {
    "linear.linear_attention.full": Case(mean=True),
    "linear.linear_attention.elu_plus_one": Case(axes={"states": "B H T D"}),
    "linear.performer.full": Case(sizes={"m": 3}, mean=True),
    "linear.performer.positive_features": Case(sizes={"m": 3}),
    "linear.cosformer.full": Case(given={"horizon": 8}),
    "linear.cosformer.features": Case(given={"horizon": 8}),
    "linear.attention_free.full": Case(),
    "linear.attention_free.local_bias": Case(given={"width": 2}, axes={"bias": "B H Tq Tk"}),
    "linear.Linformer": Case(partial(Linformer, 5, 2), fixed="T"),
    "linear.performer.random_directions": Case(given={"count": 3, "head_size": 8}),
    "linear.retention.decays": Case(given={"heads": 4}),
    "linear.nystrom.full": Case(given={"landmarks": 1}),
    "linear.nystrom.segment_means": Case(given={"landmarks": 5}),
    "linear.nystrom.pseudo_inverse": Case(
        given={"iterations": 2}, axes={"matrix": "N m m"}, sizes={"N": 2, "m": 3}
    ),
    **{
        f"linear.ttt.{form}": Case(sizes={"Hn": 4}, make={"step": torch.exp})
        for form in ("recurrent", "chunked")
    },
    "linear.mixture.routes": Case(axes={"scores": "B H T M"}, sizes={"M": 3}, given={"count": 2}),
    "linear.taylor.features": Case(axes={"states": "B H T D"}),
    "linear.effective_weights": Case(
        call=lambda query, key: effective_weights(linear_attention.full, query, key)
    ),
}
