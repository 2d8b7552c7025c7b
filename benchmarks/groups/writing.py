"""Whole models with the same random weights: greedy decoding, and one training step."""

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from attnlib.models import generation, gpt, llama
from attnlib.models.generation import LanguageModel
from benchmarks.case import Case, Run

WORDS = 1024


def cases(longest: int) -> Iterator[Case]:
    yield Case("GPT-2 of 6 × 384 writes 32 tokens", lambda: writes(gpt2(), 32, 32), 1.5, 0)
    yield Case("a training step of it, T = 256", trains, 1.2, tolerance=1e-3)
    if longest >= 1024:
        yield Case("GPT-2 of 6 × 384 writes 96 tokens", lambda: writes(gpt2(), 32, 96), 1.5, 0)
        yield Case("SmolLM2's shape writes 32 tokens", lambda: writes(smollm2(), 16, 32), 1.5, 0)


def gpt2() -> tuple[gpt.GPT, GPT2LMHeadModel]:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=WORDS, n_embd=384, n_layer=6, n_head=6, bos_token_id=0, eos_token_id=None
    )
    theirs = spread(GPT2LMHeadModel(config))
    return gpt.from_transformers(theirs.state_dict(), config.to_dict()).eval(), theirs


def smollm2() -> tuple[llama.Llama, LlamaForCausalLM]:
    """The shape of SmolLM2-135M, whose words are as many as its own."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=576,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        intermediate_size=1536,
        rope_parameters={"rope_type": "default", "rope_theta": 100_000.0},
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=None,
    )
    theirs = spread(LlamaForCausalLM(config))
    return llama.from_transformers(theirs.state_dict(), config.to_dict()).eval(), theirs


def spread(model: nn.Module) -> nn.Module:
    """Larger weights, so that no two words are as likely but for rounding."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1 and "norm" not in name:
                weight.mul_(3)
    return model.eval()


def writes(
    pair: tuple[LanguageModel, PreTrainedModel], before: int, length: int
) -> Mapping[str, Run]:
    ours, theirs = pair
    tokens = torch.randint(WORDS, (1, before), generator=torch.Generator().manual_seed(0))
    options = {"max_new_tokens": length, "do_sample": False, "pad_token_id": 0}
    everything = torch.ones_like(tokens)
    return {
        "attnlib": lambda: generation.generate(ours, tokens, length=length),
        "transformers' generate": lambda: theirs.generate(
            tokens, attention_mask=everything, **options
        ),
    }


def trains() -> Mapping[str, Run]:
    ours, theirs = gpt2()
    tokens = torch.randint(WORDS, (4, 257), generator=torch.Generator().manual_seed(0))
    read, following = tokens[:, :-1], tokens[:, 1:].flatten()

    def step(model: nn.Module, words: Tensor) -> Tensor:
        model.zero_grad()
        said = model(read)
        logits = said if isinstance(said, Tensor) else said.logits
        F.cross_entropy(logits.flatten(0, 1), following).backward()
        assert words.grad is not None
        return words.grad

    table = theirs.transformer.wte.weight
    return {
        "attnlib": lambda: step(ours, ours.words.weight),
        "transformers' GPT-2": lambda: step(theirs, table),
    }
