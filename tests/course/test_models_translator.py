"""Translators: greedy decoding, the maps it comes with, checkpoints, and alignments."""

from dataclasses import asdict

import pytest
import torch
from torch import nn

from attnlib import record_attention
from course import checkpoints
from course.data.translation import Pair, load
from course.data.vocabulary import BOS, EOS
from course.translation import pretrained
from course.translation.alignment import (
    Choice,
    alignment_error_rate,
    attention_links,
    best_choice,
    diagonal_links,
    hit_rate,
    links,
)
from course.translation.evaluation import exact_match, gradient_by_place
from course.translation.recipes import KINDS
from course.translation.train_translation import TASK, untrained
from course.translation.translator import Translator

SENTENCES = [("the", "cat", "sat"), ("my", "old", "dog", "slept", "well"), ("she", "sang")]
every_kind = pytest.mark.parametrize("kind", KINDS)
with_attention = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "gru-none"])


def random_translator(kind):
    """A translator whose weights are wild enough to write more than one word again and again."""
    translator = untrained(kind, load())
    for parameter in translator.model.parameters():
        nn.init.normal_(parameter, std=0.2)
    translator.model.double().eval()
    return translator


def greedy_by_hand(translator, sentence, limit):
    """The whole target so far through the model for each word, one sentence, no padding."""
    source = torch.tensor([translator.source_vocabulary.encode(sentence)])
    target = [BOS]
    while len(target) <= limit:
        logits = translator.model(source, None, torch.tensor([target]))
        target.append(int(logits[0, -1].argmax()))
        if target[-1] == EOS:
            break
    return [number for number in target[1:] if number not in (EOS, 0)]


@every_kind
def test_greedy_in_a_batch_writes_what_each_sentence_alone_would_get(kind):
    for translator in (random_translator(kind), pretrained.load(pretrained.name_of(kind))):
        batched = translator.greedy(SENTENCES)
        for sentence, words in zip(SENTENCES, batched, strict=True):
            expected = greedy_by_hand(translator, sentence, limit=20)
            assert words == translator.target_vocabulary.decode(expected)


@with_attention
def test_row_i_of_the_maps_is_the_step_that_predicts_word_i(kind):
    translator = random_translator(kind)
    translation = translator.translate(SENTENCES)[1]
    memory = translator.model.encode(*translator.batch([SENTENCES[1]])[:2])
    name = list(translation.weights)[-1]
    word, state = torch.tensor([BOS]), None
    for place, written in enumerate(translation.target[:3]):
        with record_attention(translator.model) as maps:
            logits, state = translator.model.step(word, memory, state)
        word = logits.argmax(dim=-1)
        assert translator.target_vocabulary.decode(word.tolist()) == [written]
        torch.testing.assert_close(
            translation.weights[name][:, place], maps[name].weights[0, :, -1], rtol=1e-9, atol=1e-10
        )


@with_attention
def test_maps_have_a_row_a_written_word_and_a_column_a_source_word(kind):
    for translation in random_translator(kind).translate(SENTENCES):
        for weights in translation.weights.values():
            assert weights.shape[1:] == (len(translation.target), len(translation.source))
            torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights.sum(-1)))


def test_without_attention_a_translation_has_no_maps():
    assert all(one.weights == {} for one in random_translator("gru-none").translate(SENTENCES))


def test_a_batch_of_equal_lengths_has_no_lengths():
    translator = random_translator("gru-dot")
    assert translator.batch([("the", "cat"), ("the", "dog")]).lengths is None
    assert translator.batch(SENTENCES).lengths.tolist() == [3, 5, 2]


def test_a_word_it_does_not_know_is_named():
    with pytest.raises(ValueError, match="'xylophone'"):
        random_translator("gru-dot")("the cat saw the xylophone")


def test_loss_is_the_mean_over_real_words_of_minus_log_probability():
    translator = random_translator("gru-general")
    short, long = (next(p for p in load().valid if len(p.target) == n) for n in (4, 9))
    pairs = [short, long]
    total, words = 0.0, 0
    for pair in pairs:
        source, _, target = translator.batch([pair.source], [pair.target])
        log_p = translator.model(source, None, target[:, :-1])[0].log_softmax(-1)
        total -= sum(log_p[i, word].item() for i, word in enumerate(target[0, 1:].tolist()))
        words += len(pair.target) + 1
    assert translator.loss(pairs).item() == pytest.approx(total / words, rel=1e-9)


# Alignment


def pair(source, target, *alignment):
    return Pair(tuple(source.split()), tuple(target.split()), frozenset(alignment))


def test_error_rate_by_hand():
    # du renders of and the: either is possible, neither sure. One sure link of two is found.
    one = pair("of the cat sleeps", "du chat dort", (0, 0), (0, 1), (1, 2), (2, 3))
    found = [{(0, 1), (1, 2), (2, 0)}]
    assert hit_rate(found, [one]) == pytest.approx(2 / 3)
    assert alignment_error_rate(found, [one]) == pytest.approx(1 - (1 + 2) / (3 + 2))


def test_gold_links_have_no_error():
    pairs = load().valid[:50]
    found = [
        {(i, min(s for t, s in one.alignment if t == i)) for i in range(len(one.target))}
        for one in pairs
    ]
    assert hit_rate(found, pairs) == 1
    assert alignment_error_rate(found, pairs) == 0


def test_each_word_is_linked_to_the_place_it_looks_at_most():
    assert links(torch.tensor([[0.1, 0.9], [0.6, 0.4]])) == {(0, 1), (1, 0)}


def test_the_diagonal_goes_from_corner_to_corner():
    assert diagonal_links(pair("a b c", "u v w x y")) == {(0, 0), (1, 0), (2, 1), (3, 2), (4, 2)}
    assert diagonal_links(pair("a b", "u")) == {(0, 0)}


def test_the_best_choice_is_the_head_that_was_made_to_point_right(monkeypatch):
    pairs = load().valid[:8]
    right, wrong = [], []
    for one in pairs:
        gold = torch.zeros(len(one.target), len(one.source))
        for target, source in one.alignment:
            gold[target, source] = 1
        right.append(gold)
        wrong.append(1 - gold)
    translator = random_translator("transformer")
    maps = [
        {
            "decoder.0.cross_attention": torch.stack((w, w, w)),
            "decoder.1.cross_attention": torch.stack((w, r, w)),
        }
        for w, r in zip(wrong, right, strict=True)
    ]
    monkeypatch.setattr(Translator, "cross_weights", lambda self, sources, targets: maps)
    assert best_choice(translator, pairs) == Choice("decoder.1.cross_attention", (1,))
    assert (
        hit_rate(
            attention_links(translator, pairs, Choice("decoder.1.cross_attention", (1,))), pairs
        )
        == 1
    )


def test_without_attention_there_is_nothing_to_choose():
    translator = random_translator("gru-dot")
    with pytest.raises(ValueError, match="no cross-attention"):
        best_choice(translator, [])


# Gradients


@every_kind
@pytest.mark.parametrize("row", [0, 3, -1])
def test_gradient_by_place_agrees_with_a_finite_difference(kind, row):
    translator = random_translator(kind)
    one = next(p for p in load().valid if len(p.source) == 6)
    place, nudge = 2, 1e-6
    recurrent = kind != "transformer"
    name = "encoder.embedding" if recurrent else "source_embedding"
    embedding = translator.model.get_submodule(name)
    size = embedding(torch.tensor([[5]])).shape[-1]

    def log_p(change):
        def shifted(module, inputs, x):
            x = x.clone()
            x[0, place] += change
            return x

        with embedding.register_forward_hook(shifted), torch.no_grad():
            source, _, target = translator.batch([one.source], [one.target])
            log_p = translator.model(source, None, target[:, :-1])[0, :-1].log_softmax(-1)
            return log_p[row, target[0, 1:-1][row]].item()

    basis = torch.eye(size, dtype=torch.float64) * nudge
    slopes = [(log_p(step) - log_p(-step)) / (2 * nudge) for step in basis]
    norm = torch.tensor(slopes, dtype=torch.float64).norm().item()
    gradient = gradient_by_place(translator, one, row)
    assert gradient.shape == (6,)
    assert gradient[place].item() == pytest.approx(norm, rel=1e-5)


# Checkpoints


def save(translator, told, folder):
    told = told | pretrained.words_of(translator)
    checkpoints.write("translation_x", translator.model, told, folder)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no checkpoint 'translation_lstm'.*translation_gru_none"):
        pretrained.load("translation_lstm")


def test_weights_come_back_rounded_to_16_bits_in_float32(tmp_path):
    translator = untrained("gru-dot", load())
    save(translator, {"kind": "gru-dot", "sizes": KINDS["gru-dot"].sizes}, tmp_path)
    back = pretrained.load("translation_x", tmp_path)
    for name, weight in translator.model.state_dict().items():
        stored = back.model.state_dict()[name]
        assert stored.dtype == torch.float32
        assert stored.equal(weight.half().float())
    assert back.source_vocabulary.words == translator.source_vocabulary.words
    assert back.target_vocabulary.words == translator.target_vocabulary.words


def test_weights_that_do_not_fit_are_reported(tmp_path):
    told = {"kind": "gru-dot", "sizes": KINDS["gru-dot"].sizes | {"size": 96}}
    save(untrained("gru-dot", load()), told, tmp_path)
    with pytest.raises(ValueError, match=r"has decoder\.first_state\.bias with shape \(152,\)"):
        pretrained.load("translation_x", tmp_path)


def test_weights_of_another_kind_are_reported(tmp_path):
    told = {"kind": "gru-general", "sizes": KINDS["gru-dot"].sizes}
    save(untrained("gru-dot", load()), told, tmp_path)
    with pytest.raises(
        ValueError, match=r"it lacks decoder\.cross_attention\.attend\.score\.weight"
    ):
        pretrained.load("translation_x", tmp_path)


every_checkpoint = pytest.mark.parametrize("kind", KINDS)


def test_there_is_a_checkpoint_of_every_kind_and_no_pickle_among_them():
    assert pretrained.names() == sorted(pretrained.name_of(kind) for kind in KINDS)
    files = [path for path in pretrained.CHECKPOINTS.iterdir() if path.is_file()]
    assert {path.suffix for path in files} == {".safetensors", ".json", ".py"}
    assert all(path.stat().st_size <= 2_000_000 for path in files)


@every_checkpoint
def test_a_checkpoint_knows_the_corpus_words(kind):
    translator, corpus = pretrained.load(pretrained.name_of(kind)), load()
    assert translator.source_vocabulary.words == corpus.source_vocabulary.words
    assert translator.target_vocabulary.words == corpus.target_vocabulary.words


@every_checkpoint
def test_a_checkpoint_is_made_by_the_recipe_that_stands_here(kind):
    details = checkpoints.details(pretrained.name_of(kind))
    assert details["sizes"] == KINDS[kind].sizes
    assert details["recipe"].items() >= asdict(TASK.recipe(kind)).items()


@every_checkpoint
def test_stored_metrics_reproduce_on_a_sample(kind):
    name, sample = pretrained.name_of(kind), load().test[::10]
    translator, metrics = pretrained.load(name), checkpoints.details(name)["metrics"]
    assert exact_match(translator, sample) == pytest.approx(metrics["exact"], abs=0.08)
    if "alignment" in metrics:
        stored = metrics["alignment"]
        choice = Choice(stored["layer"], tuple(stored["heads"]))
        found = attention_links(translator, sample, choice)
        assert hit_rate(found, sample) == pytest.approx(stored["hit_rate"], abs=0.02)


@pytest.mark.parametrize("kind", ["transformer", "gru-additive"])
def test_the_targets_are_reached(kind):
    metrics = checkpoints.details(pretrained.name_of(kind))["metrics"]
    assert metrics["exact"] >= 0.99
    assert metrics["alignment"]["hit_rate"] >= 0.97
    assert metrics["alignment"]["error_rate"] <= 0.02


def test_without_attention_long_sentences_are_lost():
    metrics = checkpoints.details("translation_gru_none")["metrics"]
    assert metrics["exact_by_length"]["3-5"] > 2 * metrics["exact_by_length"]["12-14"]
    attending = checkpoints.details("translation_gru_additive")
    plain = checkpoints.details("translation_gru_none")
    assert plain["parameters"] == pytest.approx(attending["parameters"], rel=0.05)


@pytest.mark.parametrize("kind", ["transformer", "gru-additive"])
def test_chat_looks_at_cat(kind):
    translator = pretrained.load(pretrained.name_of(kind))
    translation = translator("the cat sat on the mat")
    assert str(translation) == "Le chat s'est assis sur le tapis"
    stored = checkpoints.details(pretrained.name_of(kind))["metrics"]["alignment"]
    weights = translation.weights[stored["layer"]][stored["heads"]].mean(dim=0)
    assert weights[1, 1] > 0.9


def test_what_is_no_text_is_refused():
    with pytest.raises(TypeError, match="text must be a string, got tuple"):
        pretrained.load("translation_gru_dot")(("the", "cat"))


@pytest.mark.parametrize(
    ("words", "told"),
    [((), "a sentence without a word"), (("<pad>", "cat"), "<pad>: that is a mark, not a word")],
)
def test_what_is_no_sentence_is_refused(words, told):
    with pytest.raises(ValueError, match=told):
        pretrained.load("translation_gru_dot").translate([("the", "cat"), words])
