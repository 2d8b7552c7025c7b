"""Guesses: what trained networks expect at each place of a text, and how likely the truth is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from course import checkpoints
from course.reading import blanks
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import weight_bars

SHOWN = 6  # guesses of each reader
BREAK = "↵"
SENTENCES = (  # all held out
    "the girl never took her delicious apple",
    "the cow ate some cheese because it was thirsty",
    "every boy wanted to close this door",
    "these sad children always read these stories",
    "there are many keys behind the church",
    "my cat sat on the mat",
)
LINES = (  # none of them in the plays
    "ROMEO\nThe cat sat on the mat.",
    "JULIET\nO, what is in a word?",
    "HAMLET\nTo sleep, or not to sleep, that is it.",
)


@dataclass(frozen=True)
class Text:
    """Its words, and per reader and place the likeliest guesses and the chance of the truth."""

    words: Sequence[str]
    guesses: Sequence[Sequence[Sequence[tuple[str, float]]]]
    truth: Sequence[Sequence[float]]


class GuessesView(View):
    """The words as buttons, shaded by how well they are guessed; bars of each reader's guesses."""

    _esm = module("guesses.js")
    _css = style("guesses.css")
    readers: traitlets.List[str] = traitlets.List().tag(sync=True)
    texts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    text = traitlets.Int().tag(sync=True)
    place = traitlets.Int().tag(sync=True)


def guesses(kind: str = "words", text: int = 0, place: int = 1) -> Panel:
    """Press a word, and see what was expected there by networks that did not see it.

    "words": each hidden in turn from the two networks of chapter 11, one of which looks only back.
    "characters": each guessed from those before it, by the GPT of characters. `text` and `place`
    count from 0. Raises ValueError for another kind, text or place.
    """
    if kind not in READ:
        raise ValueError(f"kind must be one of {tuple(READ)}, got {kind!r}")
    readers, texts = READ[kind]()
    check_range("text", text, 0, len(texts) - 1)
    now = texts[text]
    check_range("place", place, 0, len(now.words) - 1)
    view = GuessesView(
        readers=list(readers), texts=[asdict(one) for one in texts], text=text, place=place
    )
    names = ["".join(one.words) if kind == "characters" else " ".join(one.words) for one in texts]
    choice = ipywidgets.Dropdown(options=names, index=text, description="text")
    ipywidgets.jslink((choice, "index"), (view, "text"))
    first = now.guesses[-1][place]
    return Panel(
        [choice],
        view,
        still=weight_bars(
            f"What is expected in place of “{now.words[place]}”",
            [word for word, _ in first],
            [chance for _, chance in first],
        ),
        call=f"guesses({kind=}, {text=}, {place=})",
    )


@cache
def hidden_words() -> tuple[tuple[str, ...], list[Text]]:
    """Each word hidden in turn from a network that looks only back and one that looks both ways."""
    names = {"only back": "bert_masked_words_causal", "both ways": "bert_masked_words"}
    readers = [checkpoints.load(name) for name in names.values()]
    texts = []
    for sentence in SENTENCES:
        words = sentence.split()
        chances = [blanks.each_word_hidden(reader, words).softmax(dim=-1) for reader in readers]
        vocabulary = readers[0].vocabulary
        texts.append(told(words, vocabulary.encode(words), vocabulary.words, chances))
    return tuple(names), texts


@cache
def next_characters() -> tuple[tuple[str, ...], list[Text]]:
    """Each character from those before it, by the GPT of characters; a new line begins the text."""
    writer = checkpoints.load("gpt_characters")
    texts = []
    for line in LINES:
        tokens = writer.tokens("\n" + line)
        with torch.no_grad():
            chances = writer.model(tokens[:, :-1])[0].softmax(dim=-1)  # (T − 1, V)
        pieces = [shown(piece) for piece in writer.tokenizer.pieces]
        words = [pieces[number] for number in tokens[0, 1:].tolist()]
        texts.append(told(words, tokens[0, 1:].tolist(), pieces, [chances]))
    return ("GPT",), texts


READ = {"words": hidden_words, "characters": next_characters}


def told(
    words: Sequence[str],
    numbers: Sequence[int],
    vocabulary: Sequence[str],
    readers: Sequence[Float[Tensor, "T V"]],
) -> Text:
    """What the view keeps of each reader's probabilities: the largest, and that of the truth."""
    guessed = [
        [
            [(vocabulary[number], round(chance, 4)) for chance, number in zip(*best, strict=True)]
            for best in zip(*(part.tolist() for part in chances.topk(SHOWN)), strict=True)
        ]
        for chances in readers
    ]
    truth = [
        [round(row[number], 4) for row, number in zip(chances.tolist(), numbers, strict=True)]
        for chances in readers
    ]
    return Text(list(words), guessed, truth)


def shown(piece: str) -> str:
    """A piece with its spaces and line ends made visible."""
    return piece.replace(" ", "␣").replace("\n", BREAK)
