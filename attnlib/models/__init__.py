"""Whole models, each reading like its paper."""

from attnlib.models import (
    bert,
    generation,
    gguf,
    gpt,
    hub,
    llama,
    masked_words,
    position_schemes,
    rnn_decoders,
    rnn_encoder,
    rnn_seq2seq,
    transformer,
    vit,
)

__all__ = [
    "bert",
    "generation",
    "gguf",
    "gpt",
    "hub",
    "llama",
    "masked_words",
    "position_schemes",
    "rnn_decoders",
    "rnn_encoder",
    "rnn_seq2seq",
    "transformer",
    "vit",
]
