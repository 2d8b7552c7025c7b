"""Chapter 11, BERT: hidden words found, what the heads of a pretrained model do, and similarity."""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.inspect.recording import record_attention
from attnlib.models import hub
from attnlib.models.bert import Bert
from course.data.english import ENDINGS, TRIPLES
from course.data.translation import load
from course.data.wordpiece import WordPiece, words
from course.measurements.table import Cell, Table
from course.reading import blanks
from course.reading.counting import counted, share_right

COMMAND = "python -m course.measurements 11"
SENTENCES = 50  # of the test set, read by the pretrained model
NAMED = {"word before": (0, 2), "word after": (1, 8), "[CLS]": (4, 5)}
IT_HEAD = (3, 1)  # of all heads the one with most attention from *it* to the two nouns


def measure() -> list[Table]:
    """Masked words, heads, pronouns and similarity, in this order."""
    model = hub.load("minilm")
    if not isinstance(model, Bert):
        raise TypeError(f"minilm must be a Bert, got {type(model).__name__}")
    wordpiece = WordPiece.from_file(hub.folder_of("minilm") / "vocab.txt")
    return [masked_words(), heads(model, wordpiece), pronouns(model, wordpiece),
            similarity(model, wordpiece)]  # fmt: skip


def masked_words() -> Table:
    """Each test word hidden in turn: how often each way of guessing finds it."""
    corpus = load()
    test = [pair.source for pair in corpus.test]
    guesses = counted([pair.source for pair in corpus.train])
    rows: list[list[Cell]] = [[name, share_right(guess, test)] for name, guess in guesses.items()]
    for told, name in (
        ("only back", "bert_masked_words_causal"),
        ("both ways", "bert_masked_words"),
    ):
        rows.append([f"network looking {told}", blanks.accuracy(blanks.load(name), test)])
    title = f"Hidden word found: each word of {len(test)} test sentences hidden in turn"
    return Table(title, ["guess", "right"], rows, COMMAND, percent=True)


def heads(model: Bert, wordpiece: WordPiece) -> Table:
    """Average weight of the named heads, and of all 72, on three places."""
    test = load().test
    texts = [" ".join(pair.source) + "." for pair in test[:: len(test) // SENTENCES]]
    found = torch.stack([habits(maps_of(model, wordpiece, text)) for text in texts]).mean(dim=0)
    rows: list[list[Cell]] = [
        [f"layer {layer}, head {head}", *found[:, layer, head].tolist()]
        for layer, head in NAMED.values()
    ]
    rows.append(["mean of all 72", *found.mean(dim=(1, 2)).tolist()])
    title = f"Average weight over the words of {len(texts)} test sentences"
    return Table(title, ["head", *NAMED], rows, COMMAND)


def pronouns(model: Bert, wordpiece: WordPiece) -> Table:
    """Where *it* looks, when the last word of the sentence decides what it means."""
    layer, head = IT_HEAD
    rows: list[list[Cell]] = []
    for text, meant, other in ENDINGS:
        pieces = ["[CLS]", *wordpiece.tokenize(text)]
        it = maps_of(model, wordpiece, text)[layer, head, pieces.index("it")]
        on_meant, on_other = it[pieces.index(meant)].item(), it[pieces.index(other)].item()
        rows.append([text, meant, on_meant, on_other, "yes" if on_meant > on_other else "no"])
    title = f"Layer {layer}, head {head}: from “it” to the noun it means, and to the other one"
    return Table(title, ["sentence", "meant", "on it", "on the other", "more"], rows, COMMAND)


def similarity(model: Bert, wordpiece: WordPiece) -> Table:
    """Cosine and word overlap to a sentence of the same meaning, and to one of the same words."""
    rows: list[list[Cell]] = []
    for text, meaning, shared in TRIPLES:
        with torch.no_grad():
            vectors = model.embed(*wordpiece.batch([text, meaning, shared]))
        cosines = (vectors[1:] @ vectors[0]).tolist()
        rows.append([text, *cosines, overlap(text, meaning), overlap(text, shared)])
    columns = ["sentence", "cosine: meaning", "words", "overlap: meaning", "words"]
    return Table("Like one of the same meaning, like one of the same words", columns, rows, COMMAND)


def maps_of(model: Bert, wordpiece: WordPiece, text: str) -> Float[Tensor, "N H T T"]:
    """Every head's weights on a text."""
    with record_attention(model) as maps, torch.no_grad():
        model(wordpiece.batch([text])[0])
    return torch.stack([seen.weights[0] for seen in maps.values()])


def habits(maps: Float[Tensor, "N H T T"]) -> Float[Tensor, "3 N H"]:
    """A head's average weight on the word before, on the word after, and on [CLS]."""
    among_words = maps[:, :, 1:-1, 1:-1]
    before = among_words.diagonal(offset=-1, dim1=2, dim2=3).mean(dim=-1)
    after = among_words.diagonal(offset=1, dim1=2, dim2=3).mean(dim=-1)
    return torch.stack([before, after, maps[:, :, 1:-1, 0].mean(dim=-1)])


def overlap(one: str, other: str) -> float:
    """Words in common, of all words in either (Jaccard, 1912)."""
    first, second = set(words(one)), set(words(other))
    return len(first & second) / len(first | second)
