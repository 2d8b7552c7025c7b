"""What shared keys cost: chapter 01's translator with 4, 2 and 1 key heads, trained alike."""

import torch

from attnlib import MultiHeadAttention
from attnlib.models.transformer import DecoderLayer, EncoderLayer, Transformer
from course.data.translation import Corpus
from course.training.loop import train
from course.training.recipe import Recipe
from course.translation import train_translation
from course.translation.recipes import KINDS
from course.translation.translator import Translator

KEY_HEADS = (4, 2, 1)
STEPS, SEEDS = 1500, range(5)


def trained(key_heads: int, corpus: Corpus, *, steps: int = STEPS, seed: int = 0) -> Translator:
    """A Transformer all of whose attention has so many key heads, after a short training."""
    recipe = Recipe(steps, KINDS["transformer"].learning_rate, seed=seed)
    job = train_translation.prepare("transformer", recipe, corpus)
    torch.manual_seed(seed)
    for part in list(job.model.modules()):
        if isinstance(part, EncoderLayer | DecoderLayer):
            part.self_attention = sharing(part.self_attention, key_heads)
        if isinstance(part, DecoderLayer):
            part.cross_attention = sharing(part.cross_attention, key_heads)
    train(job.model, job.loss, job.recipe, progress=False)
    assert isinstance(job.model, Transformer)
    return Translator(job.model, corpus.source_vocabulary, corpus.target_vocabulary)


def sharing(layer: MultiHeadAttention, key_heads: int) -> MultiHeadAttention:
    """A new layer of the same sizes, with so many key heads."""
    size = layer.query.in_features
    return MultiHeadAttention(size, layer.heads, key_heads=key_heads)


def parameters(translator: Translator) -> int:
    return sum(parameter.numel() for parameter in translator.model.parameters())


def numbers_per_word(translator: Translator) -> int:
    """What the decoder's self-attention leaves behind for each word it has written."""
    layers = [part for part in translator.model.modules() if isinstance(part, DecoderLayer)]
    kept = [layer.self_attention for layer in layers]
    return sum(2 * attention.key_heads * attention.head_size for attention in kept)
