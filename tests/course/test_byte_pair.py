"""Byte pairs: lossless, learned by frequency, and equal to the library `tokenizers`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Split

from course.data import plays
from course.data.byte_pair import WORD, BytePairs, learn

ALPHABET = "abc' \n,—"
TEXTS = st.text(alphabet=ALPHABET, max_size=60)


def learned(text, merges):
    """Byte pairs of the whole alphabet with so many merges, or as many as the text has."""
    while True:
        try:
            return BytePairs(ALPHABET, learn(text, merges).merges)
        except ValueError:
            merges -= 1


def theirs(ours):
    """The tokenizer of the library with the same pieces and merges."""
    tokenizer = Tokenizer(BPE(vocab=ours.number, merges=ours.merges))
    tokenizer.pre_tokenizer = Split(Regex(WORD.pattern), behavior="isolated")
    return tokenizer


@given(trained_on=TEXTS, text=TEXTS, merges=st.integers(0, 12))
def test_decoding_what_was_encoded_gives_the_text(trained_on, text, merges):
    pairs = learned(trained_on, merges)
    assert pairs.decode(pairs.encode(text)) == text


@given(trained_on=TEXTS, text=TEXTS, merges=st.integers(0, 12))
def test_pieces_are_those_of_the_library(trained_on, text, merges):
    pairs = learned(trained_on, merges)
    assert pairs.encode(text) == theirs(pairs).encode(text).ids


def test_pieces_of_the_plays_are_those_of_the_library():
    text = plays.load()
    pairs = learn(text.train[:100_000], 300)
    sample = "".join(sorted(set(text.held_out) & set(pairs.characters))) + text.held_out[:20_000]
    sample = "".join(character for character in sample if character in pairs.characters)
    assert pairs.encode(sample) == theirs(pairs).encode(sample).ids


def test_the_most_frequent_pair_is_merged_first():
    pairs = learn("low low low lower newest", 3)
    assert pairs.merges == [("l", "o"), ("lo", "w"), (" ", "low")]
    assert [pairs.pieces[number] for number in pairs.encode("low lower")] == [
        "low", " low", "e", "r",
    ]  # fmt: skip


def test_a_frequent_word_counts_as_often_as_it_comes():
    assert learn("xy ab, cab; dab: xy. xy, xy, xy", 1).merges == [("x", "y")]


def test_of_pairs_equally_frequent_the_first_in_the_alphabet_is_merged():
    assert learn("ba dc", 1).merges == [(" ", "d")]


def test_without_merges_every_character_is_a_piece():
    pairs = learn("to be", 0)
    assert [pairs.pieces[number] for number in pairs.encode("beet to")] == list("beet to")


def test_no_piece_reaches_over_the_edge_of_a_word():
    pairs = learn("of the of the of the", 5)
    assert not any(" " in piece.lstrip(" ") for piece in pairs.pieces)


def test_unknown_characters_are_named():
    with pytest.raises(ValueError, match="text has characters that are not known: é ü"):
        BytePairs("abc").encode("aéübc")


def test_a_text_too_short_for_the_merges_is_refused():
    with pytest.raises(ValueError, match="text has pairs for 1 merges only, not for 2"):
        learn("ab", 2)


def test_a_merge_of_unknown_pieces_is_refused():
    with pytest.raises(ValueError, match="joins 'ab' and 'c', but has no 'ab'"):
        BytePairs("abc", [("ab", "c")])


def test_repeated_characters_are_refused():
    with pytest.raises(ValueError, match="characters has some more than once"):
        BytePairs("aba")
