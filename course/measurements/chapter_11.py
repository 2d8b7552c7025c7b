"""Chapter 11, BERT: hidden words found, what the heads of a pretrained model do, and similarity."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.inspect.recording import record_attention
from attnlib.models import hub
from attnlib.models.bert import Bert
from course.data.english import ENDINGS, TRIPLES
from course.data.translation import load
from course.data.wordpiece import WordPiece, words
from course.language import next_word
from course.measurements.masked_seeds import masked_seeds
from course.measurements.table import Cell, Table
from course.reading import blanks
from course.reading.counting import counted, share_right
from course.reading.fine_tuning import LESSON, NEW, examples, taught
from course.reading.fine_tuning import share_right as right
from course.reading.trying_words import every_word, shares_right

COMMAND = "python -m course.measurements 11"
SENTENCES = 50  # of the test set, read by the pretrained model
READER = "positions_next_word_rotary"  # which predicts the next word
TRIED_EVERY = 40  # of the test sentences, since each blank takes a pass per word
LESSONS, ASKED = 64, 120  # sentences with labels, half of them about animals
NAMED = {"word before": (0, 2), "word after": (1, 8), "[CLS]": (4, 5)}
IT_HEAD = (3, 1)  # of all heads the one with most attention from *it* to the two nouns


def measure() -> list[Table]:
    """Masked words, whole sentences, heads, pronouns, similarity, five seeds, few labels."""
    model = hub.load("minilm")
    if not isinstance(model, Bert):
        raise TypeError(f"minilm must be a Bert, got {type(model).__name__}")
    wordpiece = WordPiece.from_file(hub.folder_of("minilm") / "vocab.txt")
    return [masked_words(), whole_sentences(), heads(model, wordpiece),
            pronouns(model, wordpiece), similarity(model, wordpiece),
            masked_seeds(COMMAND), few_labels()]  # fmt: skip


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


def whole_sentences(step: int = TRIED_EVERY) -> Table:
    """Chapter 08's reader, which only looks back, beside the network that looks both ways."""
    corpus = load()
    test = [pair.source for pair in corpus.test[::step]]
    reader, vocabulary = next_word.load(READER), corpus.source_vocabulary
    left, whole = shares_right(reader, vocabulary, test)
    passes = len(every_word(vocabulary))
    rows: list[list[Cell]] = [
        ["only back: likeliest after the left side", 1, left],
        ["only back: likeliest whole sentence", passes, whole],
        ["both ways", 1, blanks.accuracy(blanks.load("bert_masked_words"), test)],
    ]
    title = f"Hidden word found in {len(test)} test sentences, {sum(map(len, test))} words"
    return Table(title, ["network", "passes per blank", "right"], rows, COMMAND, percent=True)


def few_labels(seeds: Iterable[int] = range(5)) -> Table:
    """Is it about an animal or a person? From 64 labeled sentences, five times each."""
    reader, corpus = blanks.load("bert_masked_words"), load()
    lessons = examples(corpus.train[::7], LESSON, LESSONS)
    tests = [examples(corpus.test, nouns, ASKED) for nouns in (LESSON, NEW)]
    rows: list[list[Cell]] = []
    for how in ("from scratch", "frozen", "fine-tuned"):
        judges = [taught(reader, lessons, how, seed=seed) for seed in seeds]
        old, new = ([right(judge, reader, test) for judge in judges] for test in tests)
        rows.append([how, sum(old) / len(old), sum(new) / len(new), min(new), max(new)])
    title = f"Animal or person? {LESSONS} lessons, {ASKED} questions, mean of five seeds"
    columns = ["network", "nouns of the lessons", "new nouns", "lowest", "highest"]
    return Table(title, columns, rows, COMMAND, percent=True)


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
