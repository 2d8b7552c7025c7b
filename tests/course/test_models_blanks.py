"""Hidden words: which are chosen, what becomes of them, and who may see what follows."""

import random

import pytest
import torch

from course.data.translation import Corpus, load
from course.data.vocabulary import BOS, EOS, PAD, Vocabulary
from course.measurements.chapter_11 import habits, overlap
from course.reading import blanks
from course.reading.blanks import FIRST_WORD, MASK, MASK_WORD, Reader, hide
from course.reading.counting import counted, share_right
from course.reading.train_masked_words import NAMES, SIZES, TASK, prepare
from course.training import fit

WORDS = 50


def many(length=20, sentences=500):
    source = torch.Generator().manual_seed(0)
    words = torch.randint(FIRST_WORD, WORDS, (sentences, length), generator=source)
    ends = torch.ones(sentences, 1, dtype=torch.long)
    return torch.cat([BOS * ends, words, EOS * ends, PAD * ends], dim=1)


def hidden(tokens, **shares):
    return hide(tokens, WORDS, torch.Generator().manual_seed(1), **shares)


def test_15_percent_of_every_sentence_are_chosen():
    assert hidden(many(length=20)).asked.sum(dim=1).unique().tolist() == [3]


def test_at_least_one_word_is_chosen():
    assert hidden(many(length=2)).asked.sum(dim=1).unique().tolist() == [1]


def test_beginning_end_and_padding_are_never_chosen():
    tokens = many(length=2)
    assert not hidden(tokens, share=1.0).asked[tokens < FIRST_WORD].any()


def test_of_a_sentence_without_words_nothing_is_chosen():
    assert not hidden(torch.tensor([[BOS, EOS, PAD]])).asked.any()


def test_every_place_is_chosen_equally_often():
    asked = hidden(many(length=20, sentences=5000)).asked[:, 1:21].double().mean(dim=0)
    torch.testing.assert_close(asked, torch.full((20,), 0.15).double(), rtol=0, atol=0.02)


def test_the_chosen_are_masked_swapped_and_kept_80_10_10():
    tokens = many(sentences=5000)
    found = hidden(tokens)
    was, now = tokens[found.asked], found.tokens[found.asked]
    masked, kept = now == MASK, now == was
    assert masked.double().mean() == pytest.approx(0.8, abs=0.01)
    # A random word is by chance the same one time in 45.
    assert kept.double().mean() == pytest.approx(0.1 + 0.1 / 45, abs=0.01)
    assert now[~masked].min() >= FIRST_WORD


def test_what_is_not_asked_about_stays():
    tokens = many()
    found = hidden(tokens)
    assert torch.equal(found.tokens[~found.asked], tokens[~found.asked])


def test_the_same_seed_hides_the_same_words():
    assert torch.equal(hidden(many()).tokens, hidden(many()).tokens)


@pytest.fixture(scope="module")
def readers():
    """Of random weights: (looking only back, looking both ways)."""
    vocabulary = Vocabulary((MASK_WORD, *"abcdefgh"))
    found = []
    for causal in (True, False):
        torch.manual_seed(0)
        reader = blanks.untrained(vocabulary, SIZES, causal=causal)
        found.append(Reader(reader.model.double().eval(), vocabulary))
    return found


def test_a_causal_reader_cannot_use_what_follows(readers):
    assert readers[0].fill("a <mask> b c") == readers[0].fill("a <mask> d h")


def test_one_that_looks_both_ways_can(readers):
    assert readers[1].fill("a <mask> b c") != readers[1].fill("a <mask> d h")


def test_fill_gives_the_likeliest_words_first(readers):
    words = readers[1].fill("a <mask> b", count=13)
    shares = [share for _, share in words]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize("text", ["a b", "<mask> a <mask>"])
def test_fill_wants_one_blank(readers, text):
    with pytest.raises(ValueError, match=r"text must have one <mask>, but has [02]"):
        readers[1].fill(text)


@pytest.mark.parametrize("mark", ["<pad>", "<bos>", "<eos>", "<unk>"])
def test_a_mark_is_no_word_of_a_sentence(readers, mark):
    with pytest.raises(ValueError, match=f"sentences has {mark}: that is a mark, not a word"):
        readers[1].fill(f"a <mask> {mark}")


def test_what_is_no_text_is_refused(readers):
    with pytest.raises(TypeError, match="text must be a string, got tuple"):
        readers[1].fill(("a", "<mask>"))


@pytest.mark.parametrize("count", [0, 14])
def test_fill_wants_a_count_it_can_give(readers, count):
    with pytest.raises(ValueError, match=f"count must lie between 1 and 13, got {count}"):
        readers[1].fill("a <mask>", count=count)


@pytest.mark.parametrize(
    ("shares", "words"),
    [({"share": 1.5}, "share must lie between 0 and 1, got 1.5"),
     ({"masked": -0.1}, "masked must lie between 0 and 1, got -0.1"),
     ({"masked": 0.8, "random": 0.3}, "masked 0.8 and random 0.3 are more than 1 together")],
)  # fmt: skip
def test_shares_that_cannot_be_are_refused(shares, words):
    with pytest.raises(ValueError, match=words):
        hidden(many(), **shares)


def test_each_word_is_hidden_alone(readers):
    reader, words = readers[1], ("a", "b", "c")
    logits = blanks.each_word_hidden(reader, words)
    tokens, _ = reader.batch([("a", MASK_WORD, "c")])
    torch.testing.assert_close(logits[1], reader.model(tokens)[0, 2])


def test_padding_changes_no_logit(readers):
    tokens, lengths = readers[1].batch([("a", "b"), ("a", "b", "c", "d")])
    assert tokens[0].tolist()[4:] == [PAD, PAD]
    alone, _ = readers[1].batch([("a", "b")])
    model = readers[1].model
    torch.testing.assert_close(model(tokens, lengths)[0, :4], model(alone)[0])


def test_accuracy_counts_words_not_sentences(readers):
    sentences = [("a", "b", "c"), ("d",)]
    right = [
        word == truth
        for words in sentences
        for word, truth in zip(
            blanks.each_word_hidden(readers[1], words).argmax(dim=-1).tolist(),
            readers[1].vocabulary.encode(words),
            strict=True,
        )
    ]
    assert blanks.accuracy(readers[1], sentences) == sum(right) / 4


def test_counting_guesses_from_what_it_has_seen():
    guesses = counted([("a", "b", "c"), ("a", "b", "d"), ("x", "a", "c")])
    assert guesses["most frequent word"]("x", "c") == "a"
    assert guesses["by the left neighbor"]("a", "zzz") == "b"
    assert guesses["by both neighbors"]("a", "<eos>") == "c"
    assert guesses["by both neighbors"]("a", "never seen") == "b"
    assert guesses["by the left neighbor"]("never seen", "c") == "a"
    assert share_right(guesses["by the left neighbor"], [("a", "b"), ("a", "c")]) == 0.75


def test_habits_are_the_average_weight_on_neighbors_and_on_the_first():
    weights = torch.rand(1, 1, 6, 6, dtype=torch.float64).softmax(dim=-1)
    before, after, first = habits(weights)[:, 0, 0].tolist()
    map_ = weights[0, 0]
    assert before == pytest.approx(sum(map_[i, i - 1].item() for i in (2, 3, 4)) / 3)
    assert after == pytest.approx(sum(map_[i, i + 1].item() for i in (1, 2, 3)) / 3)
    assert first == pytest.approx(map_[1:5, 0].mean().item())


def test_overlap_is_the_share_of_common_words():
    assert overlap("The cat sat.", "the cat ran") == 0.4  # the, cat of the, cat, sat, ran, .


@pytest.mark.parametrize("causal", [False, True])
def test_a_short_run_of_the_recipe_learns_and_comes_back(tmp_path, causal):
    corpus = load()
    short = [pair for pair in corpus.train if len(pair.source) == 6]
    small = Corpus(
        random.Random(0).sample(short, 640), corpus.valid[:4], corpus.test[:4], [],
        corpus.source_vocabulary, corpus.target_vocabulary,
    )  # fmt: skip
    kind = "causal" if causal else "both-ways"
    job = prepare(kind, TASK.recipe(kind, steps=40), small)
    fit(job, folder=tmp_path, progress=False)
    again = blanks.load(NAMES[kind], tmp_path)
    trained = blanks.Reader(job.model, again.vocabulary)
    text = "the <mask> is old"
    assert again.model.causal == causal
    assert again.fill(text) == trained.fill(text)
    assert trained.fill(text)[0][1] > 2 / len(corpus.source_vocabulary)  # no longer all alike


def test_the_stored_readers_differ_in_what_they_may_see_alone():
    back, both = (blanks.load(f"bert_masked_words{end}") for end in ("_causal", ""))
    assert (back.model.causal, both.model.causal) == (True, False)
    assert back.vocabulary.words == both.vocabulary.words
    assert [w.shape for w in back.model.parameters()] == [w.shape for w in both.model.parameters()]
