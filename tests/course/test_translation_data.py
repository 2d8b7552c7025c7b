"""The translation corpus: correct French, exact alignments, honest splits, stored as generated."""

from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from pyrealb_french import covers, french
from translation_cases import CASES

from course.data.grammar.realize import realize
from course.data.grammar.sampling import Sampler
from course.data.making import LENGTHS, LONGER, SEED, candidates, is_held_out, quotas
from course.data.tatoeba import load_tatoeba, tokenize_target
from course.data.translation import (
    Corpus,
    Pair,
    detokenize_target,
    format_line,
    load,
    parse,
    tokenize_source,
)
from course.data.vocabulary import BOS, EOS, PAD, UNK, Vocabulary

THE_CAT_SAT = ("the", "cat", "sat", "on", "the", "mat")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load()


@pytest.fixture(scope="module")
def everything(corpus: Corpus) -> list[Pair]:
    return corpus.train + corpus.valid + corpus.test + corpus.longer


# The grammar


@pytest.mark.parametrize(
    ("plan", "english", "target", "links"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_sentence_and_alignment_are_those_written_by_hand(plan, english, target, links):
    said, translated, alignment = realize(plan)
    assert " ".join(said) == english
    assert " ".join(translated) == target
    expected = [sorted(map(int, sources.split("+"))) for sources in links.split()]
    found = [sorted(s for t, s in alignment if t == index) for index in range(len(translated))]
    assert found == expected


def test_french_is_what_pyrealb_says_by_its_own_grammar():
    sampler = Sampler(Random(1))
    plans = (sampler.sentence(sampler.random.random() * 0.7) for _ in range(2500))
    plans = [plan for plan in plans if covers(plan)]
    assert len(plans) > 800
    for plan in plans:
        ours = " ".join(realize(plan)[1]).replace("' ", "'")
        assert ours.replace("œ", "oe") == french(plan.clauses[0])  # pyrealb writes soeur


def test_nothing_unelided_or_uncontracted_is_left(everything):
    vowels = tuple("aàâeéèêiîoôuœy")
    open_words = {"le", "la", "se", "ne", "de", "que"}
    for pair in everything:
        for word, following in zip(pair.target, pair.target[1:], strict=False):
            assert not (word in open_words and following.startswith(vowels)), pair.target
            assert not (word.endswith("'") and not following.startswith((*vowels, "h")))
            assert (word, following) not in {("de", "le"), ("de", "les"), ("à", "le"), ("à", "les")}


def test_the_owl_keeps_its_h(everything):
    before_owl = {
        word
        for pair in everything
        for word, following in zip(pair.target, pair.target[1:], strict=False)
        if following in ("hibou", "hiboux")
    }
    assert {"le", "de", "ce"} <= before_owl
    assert not before_owl & {"l'", "d'", "cet", "vieil", "bel", "nouvel"}


# Alignments


def test_alignments_point_into_the_sentence(everything):
    for pair in everything:
        for target, source in pair.alignment:
            assert 0 <= target < len(pair.target)
            assert 0 <= source < len(pair.source)


def test_every_word_of_either_side_is_aligned(everything):
    for pair in everything:
        assert {target for target, _ in pair.alignment} == set(range(len(pair.target)))
        assert {source for _, source in pair.alignment} == set(range(len(pair.source)))


def test_both_halves_of_the_negation_render_not(everything):
    halves = {"ne", "n'", "pas"}
    for pair in everything:
        for target, source in pair.alignment:
            if pair.target[target] in halves:
                assert pair.source[source] in ("not", "never", "no")


def test_sure_links_are_those_of_words_that_render_one_word():
    links = frozenset({(0, 0), (1, 0), (1, 1), (2, 2)})
    pair = Pair(("near", "the", "cat"), ("près", "du", "chat"), links)
    assert pair.sure == {(0, 0), (2, 2)}


# Splits


def test_an_english_sentence_has_one_translation_and_one_split(everything):
    assert len({pair.source for pair in everything}) == len(everything)


def test_splits_have_their_sizes_and_every_length_equally_often(corpus):
    for split, size in ((corpus.train, 40_700), (corpus.valid, 1_000), (corpus.test, 2_000)):
        lengths = Counter(len(pair.source) for pair in split)
        assert sum(lengths.values()) == size
        assert set(lengths) == set(LENGTHS)
        assert max(lengths.values()) - min(lengths.values()) <= 1
    assert {len(pair.source) for pair in corpus.longer} == set(LONGER)
    assert len(corpus.longer) == 500


def test_the_cat_sat_on_the_mat_is_held_out_with_its_relatives(corpus):
    assert THE_CAT_SAT in {pair.source for pair in corpus.test}
    assert not any(map(is_held_out, corpus.train + corpus.valid + corpus.longer))
    assert sum(map(is_held_out, corpus.test)) == 17


def test_its_words_are_well_known_from_training(corpus):
    seen = Counter(word for pair in corpus.train for word in set(pair.source))
    assert min(seen[word] for word in THE_CAT_SAT) > 400


def test_no_split_needs_a_word_that_training_lacks(corpus, everything):
    for pair in everything:
        corpus.source_vocabulary.encode(pair.source)
        corpus.target_vocabulary.encode(pair.target)


def test_every_word_is_met_often_enough_to_be_learned(corpus):
    english = Counter(word for pair in corpus.train for word in pair.source)
    translated = Counter(word for pair in corpus.train for word in pair.target)
    assert min(english.values()) >= 50
    assert min(translated.values()) >= 10


def test_stored_corpus_is_what_the_grammar_makes(everything):
    stored = {pair.source: pair for pair in everything}
    wanted = list(quotas())
    made = list(islice(candidates(Random(SEED), wanted), 1500))
    made = [pair for pair in made if len(pair.source) in wanted and not is_held_out(pair)]
    assert len(made) > 1200
    assert all(stored[pair.source] == pair for pair in made)


# Reading and writing


def test_a_line_is_read_back_as_it_was_written(corpus):
    for pair in corpus.test:
        assert parse(format_line("test", pair)) == ("test", pair)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The cat sat on the mat.", "the cat sat on the mat"),
        ("The king’s horse didn't sleep", "the king 's horse did not sleep"),
        ("It can't swim, but it's happy!", "it can not swim but it is happy"),
        ("They won't sing", "they will not sing"),
        ("the king 's horse", "the king 's horse"),
    ],
)
def test_typed_english_becomes_the_words_of_the_corpus(text, tokens):
    assert tokenize_source(text) == tuple(tokens.split())


def test_text_without_words_is_refused():
    with pytest.raises(ValueError, match="at least one word"):
        tokenize_source(" ?! ")


def test_french_words_become_a_sentence_again():
    tokens = [
        "aujourd'hui",
        "le",
        "chat",
        "qu'",
        "elle",
        "aime",
        "s'",
        "est",
        "assis",
        "près",
        "de",
        "l'",
        "arbre",
    ]
    assert detokenize_target(tokens) == (
        "Aujourd'hui le chat qu'elle aime s'est assis près de l'arbre"
    )


def test_every_target_survives_detokenizing(everything):
    for pair in everything[::20]:
        assert tokenize_target(detokenize_target(pair.target)) == pair.target


# Vocabulary


def test_special_words_come_first():
    vocabulary = Vocabulary(["cat", "mat"])
    assert vocabulary.decode([PAD, BOS, EOS, UNK, 4]) == ["<pad>", "<bos>", "<eos>", "<unk>", "cat"]
    assert len(vocabulary) == 6


def test_decoding_undoes_encoding(corpus):
    for pair in corpus.test[:200]:
        numbers = corpus.target_vocabulary.encode(pair.target)
        assert tuple(corpus.target_vocabulary.decode(numbers)) == pair.target


def test_unknown_words_are_named_with_their_nearest_known_ones(corpus):
    with pytest.raises(ValueError, match=r"'hors' \(known and near: horse.*'qqq'$"):
        corpus.source_vocabulary.encode(("the", "hors", "qqq"))


def test_unknown_words_become_unk_only_when_asked():
    vocabulary = Vocabulary(["the"])
    assert vocabulary.encode(("the", "unicorn"), unknown=True) == [4, UNK]


def test_a_string_is_no_sequence_of_words():
    with pytest.raises(TypeError, match="tokens must be a sequence of words"):
        Vocabulary(["a"]).encode("a")


def test_a_number_without_a_word_is_refused():
    with pytest.raises(ValueError, match="numbers has 7, but the vocabulary has 5 words"):
        Vocabulary(["cat"]).decode([7])


def test_a_repeated_word_is_refused():
    with pytest.raises(ValueError, match="more than once: cat"):
        Vocabulary(["cat", "cat"])


# Tatoeba


def test_tatoeba_pairs_are_read_with_and_without_numbers(tmp_path: Path):
    four = tmp_path / "four.tsv"
    four.write_text("1\tThe king's dog isn't old.\t2\tLe chien du roi n’est pas vieux.\n", "utf-8")
    two = tmp_path / "two.tsv"
    two.write_text("Run!\tCours aujourd'hui !\n", "utf-8")
    (pair,) = load_tatoeba(four)
    assert pair.source == ("the", "king", "'s", "dog", "is", "not", "old")
    assert pair.target == ("le", "chien", "du", "roi", "n'", "est", "pas", "vieux")
    assert pair.alignment == frozenset()
    assert load_tatoeba(two)[0].target == ("cours", "aujourd'hui")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no tab here", "line 2 of .* has 1 columns"),
        ("1\tone\t2", "line 2 of .* has 3 columns"),
        ("Hello.\t?", "line 2 of .* has no words in one of its languages"),
    ],
)
def test_a_malformed_tatoeba_line_is_named(tmp_path: Path, line, message):
    path = tmp_path / "pairs.tsv"
    path.write_text(f"Go.\tVa.\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=message):
        load_tatoeba(path)
