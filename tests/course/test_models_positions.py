"""Position schemes inside models: where each acts, and that nothing else changes."""

import pytest
import torch
from torch import nn

from attnlib import masks, record_attention
from attnlib.models.position_schemes import LONGEST, SCHEMES, scheme
from attnlib.models.transformer import Transformer
from attnlib.positions import alibi
from attnlib.positions.rotary import rotate
from attnlib.positions.t5_buckets import bucket
from course import checkpoints
from course.data.translation import Corpus, load
from course.language import train_next_word
from course.language.next_word import NextWord, running_text, windows
from course.training import Recipe, fit
from course.translation import train_positions
from course.translation.train_positions import short

SOURCE = torch.tensor([[5, 6, 7, 8, 9], [9, 8, 7, 0, 0]])
LENGTHS = torch.tensor([5, 3])
TARGET = torch.tensor([[1, 4, 5, 6], [1, 7, 8, 9]])
BY_DISTANCE = ("none", "bucketed", "alibi", "rotary")

each_scheme = pytest.mark.parametrize("positions", SCHEMES)


def small(positions):
    torch.manual_seed(0)
    model = Transformer(11, 13, size=16, heads=4, layers=2, hidden=24, positions=positions)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model.double().eval()


def recorded(model):
    with record_attention(model) as maps, torch.no_grad():
        logits = model(SOURCE, LENGTHS, TARGET)
    return logits, maps


def test_sinusoidal_is_the_default():
    torch.manual_seed(0)
    default = Transformer(11, 13, size=16)
    torch.manual_seed(0)
    named = Transformer(11, 13, size=16, positions="sinusoidal")
    assert default.state_dict().keys() == named.state_dict().keys()
    default.eval(), named.eval()
    torch.testing.assert_close(
        default(SOURCE, LENGTHS, TARGET), named(SOURCE, LENGTHS, TARGET), rtol=0, atol=0
    )


def test_an_unknown_scheme_is_refused():
    with pytest.raises(ValueError, match=r"positions must be one of none, .*; got 'rope'"):
        Transformer(11, 13, positions="rope")


@each_scheme
def test_a_later_target_word_cannot_change_earlier_logits(positions):
    model = small(positions)
    other = TARGET.clone()
    other[:, 2:] = 10
    before, after = model(SOURCE, LENGTHS, TARGET), model(SOURCE, LENGTHS, other)
    torch.testing.assert_close(before[:, :2], after[:, :2], rtol=0, atol=0)


@each_scheme
def test_padding_added_changes_nothing(positions):
    model = small(positions)
    alone = model(SOURCE[1:, :3], None, TARGET[1:])
    torch.testing.assert_close(model(SOURCE, LENGTHS, TARGET)[1:], alone, rtol=1e-9, atol=1e-10)


@each_scheme
def test_only_with_positions_an_encoder_sees_the_order(positions):
    model = small(positions)
    order = torch.tensor([1, 0, 2, 4, 3])
    read, _ = model.encode(SOURCE[:1])
    shuffled, _ = model.encode(SOURCE[:1, order])
    assert torch.allclose(read[:, order], shuffled) == (positions == "none")


@each_scheme
def test_cross_attention_gets_no_positions(positions):
    _, maps = recorded(small(positions))
    assert maps["decoder.0.cross_attention"].bias is None
    model = small(positions)
    memory, _ = model.encode(SOURCE[:1])
    order = torch.tensor([4, 2, 0, 1, 3])
    torch.testing.assert_close(
        model.decode(TARGET[:1], (memory, None)), model.decode(TARGET[:1], (memory[:, order], None))
    )


def test_alibis_lines_are_added_in_encoder_and_decoder():
    _, maps = recorded(small("alibi"))
    for name, length in (("encoder.1.self_attention", 5), ("decoder.1.self_attention", 4)):
        expected = alibi(4, length, length, dtype=torch.float64)
        torch.testing.assert_close(maps[name].bias, expected, rtol=0, atol=0)


def test_buckets_are_shared_by_layers_and_causal_in_the_decoder():
    model = small("bucketed")
    _, maps = recorded(model)
    away = torch.arange(4)[:, None] - torch.arange(4)
    table = model.target_embedding.positions.bucketed.table
    expected = table[bucket(away, len(table), longest=8, causal=True)].permute(2, 0, 1)[None]
    for layer in ("decoder.0.self_attention", "decoder.1.self_attention"):
        torch.testing.assert_close(maps[layer].bias, expected, rtol=0, atol=0)
    before, after = maps["encoder.0.self_attention"].bias[0, :, 2, [1, 3]].T
    assert not torch.allclose(before, after)


def test_rotary_turns_queries_and_keys_and_no_values():
    model = small("rotary")
    _, maps = recorded(model)
    attend = model.encoder[0].self_attention
    attend.turn = None
    query, key, value = attend.project(model.source_embedding(SOURCE))
    seen, places = maps["encoder.0.self_attention"], torch.arange(5)
    torch.testing.assert_close(seen.query, rotate(query, places, pairing="half"))
    torch.testing.assert_close(seen.key, rotate(key, places, pairing="half"))
    torch.testing.assert_close(seen.value, value)


def test_learned_places_end():
    positions = scheme("learned", 16, 4, causal=False)
    assert positions.place(torch.zeros(1, LONGEST, 16)).shape == (1, LONGEST, 16)
    with pytest.raises(ValueError, match=f"place {LONGEST + 1}, but the table ends at {LONGEST}"):
        positions.place(torch.zeros(1, LONGEST + 1, 16))


@pytest.mark.parametrize("positions", BY_DISTANCE)
def test_schemes_of_distance_do_not_mind_where_a_text_starts(positions):
    reader = NextWord(11, size=16, hidden=24, positions=positions).double().eval()
    words = torch.randint(11, (1, 9), generator=torch.Generator().manual_seed(0))
    attend, place = reader.layers[0].self_attention, reader.embedding.positions
    x, mask = reader.embedding(words), masks.Causal() & masks.Window(3)
    late = attend(x, mask=mask, bias=place.bias(x))[:, 5:]
    early = attend(x[:, 3:], mask=mask, bias=place.bias(x[:, 3:]))[:, 2:]
    torch.testing.assert_close(late, early)


def test_a_reader_scores_the_word_after_each_place():
    reader = NextWord(11, size=16, hidden=24).eval()
    text = torch.randint(11, (3, 8), generator=torch.Generator().manual_seed(0))
    losses = reader.losses(text)
    logs = reader(text[:, :-1]).log_softmax(dim=-1)
    assert losses.shape == (3, 7)
    torch.testing.assert_close(losses[2, 4], -logs[2, 4, text[2, 5]])


def test_windows_are_pieces_of_the_text():
    text = torch.arange(50)
    pieces = windows(text, length=6, count=100, seed=0)
    assert pieces.shape == (100, 7)
    assert (pieces.diff(dim=1) == 1).all()
    assert {0, 43} <= set(windows(text, length=6, count=5000, seed=0)[:, 0].tolist())


def test_running_text_closes_every_sentence():
    corpus = load()
    pairs = corpus.test[:3]
    words = corpus.source_vocabulary.decode(running_text(pairs, corpus.source_vocabulary).tolist())
    assert " ".join(words) == "".join(f"{' '.join(p.source)} <eos> " for p in pairs).strip()


def few():
    corpus = load()
    pairs = [pair for pair in corpus.train if len(pair.source) in (5, 12)][:400]
    words = corpus.source_vocabulary, corpus.target_vocabulary
    return Corpus(pairs, pairs[:20], pairs[:20], [], *words)


@pytest.mark.parametrize("task", [train_positions, train_next_word])
def test_a_short_training_is_saved_and_repeats(tmp_path, task):
    corpus, recipe = few(), Recipe(steps=3, learning_rate=1e-3)
    once, again = (task.prepare("rotary", recipe, corpus) for _ in "ab")
    fit(once, folder=tmp_path / "a", progress=False)
    fit(again, folder=tmp_path / "b", progress=False)
    (name,) = checkpoints.names(folder=tmp_path / "a")
    assert checkpoints.details(name, tmp_path / "a")["recipe"]["steps"] == 3
    stored = checkpoints.load(name, tmp_path / "a")
    trained, same = again.model.state_dict(), getattr(stored, "model", stored).state_dict()
    for key, weight in once.model.state_dict().items():
        assert torch.equal(weight, trained[key])
        assert torch.equal(weight, same[key])


def test_translators_are_trained_on_short_sentences_alone():
    assert {len(pair.source) for pair in short(few().train)} == {5}
