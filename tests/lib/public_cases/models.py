"""Whole models: what they read are tokens or pictures."""

from functools import partial

from attnlib import scores
from attnlib.models import bert, gpt, llama, transformer, vit
from attnlib.models.masked_words import MaskedWords
from attnlib.models.rnn_decoders import BahdanauDecoder, FixedDecoder, LuongDecoder
from attnlib.models.rnn_encoder import Encoder
from attnlib.models.rnn_seq2seq import RecurrentTranslator
from course.digits.networks import Swin
from course.language.next_word import NextWord
from course.language.today import Today
from public_cases.case import Case

SMALL = {"size": 16, "heads": 4, "layers": 1, "hidden": 8}
WIDTHS = {"size": 16, "embedding_size": 6}
TEXT = {
    "moved": ("lengths",),
    "axes": {"lengths": "#B", "segments": "B T"},
    "make": {"segments": lambda numbers: (numbers > 0).long()},
}
PICTURES = {
    "axes": {"pictures": "B C side side"},
    "sizes": {"C": 1, "side": 4},
    "fixed": "C side",
}


def read_by(decoder, *score):
    """A translator with one of the three decoders."""

    def build():
        encoder = Encoder(9, **WIDTHS)
        return RecurrentTranslator(encoder, decoder(9, *score, **WIDTHS))

    lengths = {"lengths": lambda numbers: numbers.abs().long() + 1}
    return Case(build, moved=("lengths",), axes={"lengths": "B"}, make=lengths)


CASES = {
    "models.bert.Bert": Case(partial(bert.Bert, 9, **SMALL, longest=6), **TEXT),
    "models.masked_words.MaskedWords": Case(
        lambda: MaskedWords(bert.Bert(9, **SMALL, longest=6)), **TEXT
    ),
    "models.gpt.GPT": Case(partial(gpt.GPT, 9, **SMALL, longest=6)),
    "models.llama.Llama": Case(partial(llama.Llama, 9, **SMALL)),
    "models.vit.ViT": Case(partial(vit.ViT, 3, side=4, patch=2, channels=1, **SMALL), **PICTURES),
    "course.digits.networks.Swin": Case(Swin),
    "course.language.NextWord": Case(partial(NextWord, 9, **SMALL)),
    "course.language.today.Today": Case(partial(Today, 9, **SMALL)),
    "models.transformer.Transformer": Case(
        partial(transformer.Transformer, 9, 9, **SMALL), axes={"lengths": "#B"}, moved=("lengths",)
    ),
    "models.rnn_seq2seq.RecurrentTranslator": read_by(FixedDecoder),
    "models.rnn_seq2seq.RecurrentTranslator, Bahdanau": read_by(BahdanauDecoder),
    "models.rnn_seq2seq.RecurrentTranslator, Luong": read_by(LuongDecoder, scores.dot),
}
