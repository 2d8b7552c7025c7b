"""The texts that `head_explorer` has ready: three each for SmolLM2, MiniLM and the translator."""

from collections.abc import Callable
from functools import cache

import torch

from attnlib.inspect import Heads, explore, induction
from attnlib.models import hub
from course.data.vocabulary import BOS, SPECIALS
from course.data.wordpiece import WordPiece
from course.language import smollm2
from course.widgets.translator import trained

STORY = "The cat sat on the mat. The dog saw the cat, and the cat ran."
CAPITAL = "The capital of France is"
ANIMAL = "the animal did not cross the street because it was too tired"
KEYS = "The keys to the old cabinet in the hall are lost."
BANK = "She sat on the bank of the river and thought of her bank account."
APPLE = "the old queen does not eat the red apple"
ASLEEP = "the black cat that sleeps does not see the dog"
SHOWN: dict[str, Callable[[], Heads]] = {
    "SmolLM2, a story": lambda: _smollm2(STORY),
    "SmolLM2, ten words said twice": lambda: _smollm2_twice(),
    "SmolLM2, a capital": lambda: _smollm2(CAPITAL),
    "MiniLM, a pronoun": lambda: _minilm(f"{ANIMAL.capitalize()}."),
    "MiniLM, a verb far from its subject": lambda: _minilm(KEYS),
    "MiniLM, one word with two meanings": lambda: _minilm(BANK),
    "translator, a pronoun": lambda: _translator(ANIMAL),
    "translator, adjectives and a negation": lambda: _translator(APPLE),
    "translator, a relative clause": lambda: _translator(ASLEEP),
}


@cache
def prepared(name: str) -> Heads:
    """One of the prepared texts, read by its model once."""
    return SHOWN[name]()


def _smollm2(said: str) -> Heads:
    model, tokenizer = _reader()
    numbers = tokenizer.encode(said)
    pieces = [tokenizer.decode([number]) for number in numbers]
    return explore(model, torch.tensor([numbers]), words=pieces)


def _smollm2_twice() -> Heads:
    model, tokenizer = _reader()
    tokens = 1000 + induction.repeated(20_000, 10, batch=1, seed=3)
    pieces = [tokenizer.decode([number]) for number in tokens[0].tolist()]
    return explore(model, tokens, words=pieces)


def _minilm(said: str) -> Heads:
    wordpiece = WordPiece.from_file(hub.folder_of("minilm") / "vocab.txt")
    tokens, _ = wordpiece.batch([said])
    return explore(hub.load("minilm"), tokens, words=wordpiece.decode(tokens[0].tolist()))


def _translator(said: str) -> Heads:
    translator, model = trained()
    source = said.split()
    target = [SPECIALS[BOS], *translator.translate([source])[0].target]
    return explore(
        model,
        torch.tensor([translator.target_vocabulary.encode(target)]),
        context=torch.tensor([translator.source_vocabulary.encode(source)]),
        words=target,
        context_words=source,
    )


_reader = cache(smollm2.load)
