"""Every stored model is read in one way, and a file that is not what it should be is named."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from course import checkpoints


class Two(nn.Linear):
    def __init__(self):
        super().__init__(2, 2)


@pytest.fixture
def folder(tmp_path):
    checkpoints.write("two", Two(), {"kind": "linear"}, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", checkpoints.names())
def test_any_checkpoint_is_loaded_by_its_name_and_is_ready_to_use(name):
    loaded = checkpoints.load(name)
    model = loaded if isinstance(loaded, nn.Module) else loaded.model
    assert not model.training
    stored = load_file(checkpoints.CHECKPOINTS / f"{name}.safetensors")
    assert all(torch.equal(model.state_dict()[key], weight) for key, weight in stored.items())


@pytest.mark.parametrize("name", checkpoints.names())
def test_every_checkpoint_says_which_weights_and_words_are_its_own(name):
    told = checkpoints.details(name)
    assert len(told["digest"]) == len(told["own_digest"]) == 16


def test_a_name_that_no_room_knows_lists_those_there_are(folder):
    with pytest.raises(ValueError, match=r"no checkpoint 'gpt_3'; .* holds two"):
        checkpoints.load("gpt_3", folder)
    with pytest.raises(ValueError, match=r"no checkpoint 'three'; .* holds two"):
        checkpoints.load("three", folder)
    with pytest.raises(ValueError, match=r"no room knows how to build 'two'; names begin transl"):
        checkpoints.load("two", folder)


@pytest.mark.parametrize(("file", "left"), [("two.safetensors", 20), ("two.json", 20)])
def test_a_file_cut_short_is_named(folder, file, left):
    (folder / file).write_bytes((folder / file).read_bytes()[:left])
    with pytest.raises(ValueError, match=rf"{file} is damaged or cut short"):
        checkpoints.read("two", Two(), folder)


def test_weights_that_are_not_finite_are_named(folder):
    spoiled = Two()
    spoiled.bias.data[1] = float("nan")
    checkpoints.write("two", spoiled, {}, folder)
    with pytest.raises(ValueError, match=r"two\.safetensors has weights .* not finite: bias"):
        checkpoints.read("two", Two(), folder)


def test_weights_and_json_of_two_models_are_told_apart(folder):
    told = (folder / "two.json").read_text()
    checkpoints.write("two", Two(), {"kind": "linear"}, folder)
    (folder / "two.json").write_text(told)
    with pytest.raises(ValueError, match=r"two\.safetensors and two\.json do not belong together"):
        checkpoints.read("two", Two(), folder)


def exchange(first, second):
    return lambda text: text.replace(first, "?").replace(second, first).replace("?", second)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("translation_transformer", exchange('"cat"', '"dog"')),
        ("bert_masked_words", exchange('"cat"', '"dog"')),
        ("bert_masked_words", exchange("true", "false")),
        ("gpt_pieces", exchange("xyz", "xzy")),
        ("positions_next_word_alibi", lambda text: text.replace('"heads": 4', '"heads": 2')),
    ],
)
def test_a_json_whose_words_or_sizes_were_changed_by_hand_is_named(tmp_path, name, change):
    for file in checkpoints.CHECKPOINTS.glob(f"{name}.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    told = (tmp_path / f"{name}.json").read_text(encoding="utf-8")
    (tmp_path / f"{name}.json").write_text(change(told), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"{name}\.json is not as it was written: own_digest"):
        checkpoints.load(name, tmp_path)


def test_a_json_written_by_a_training_holds_to_itself_and_to_its_weights(folder):
    told = checkpoints.details("two", folder)
    assert told.keys() == {"kind", "digest", "own_digest"}
    (folder / "two.json").write_text(json.dumps(told | {"kind": "other"}))
    with pytest.raises(ValueError, match=r"two\.json is not as it was written"):
        checkpoints.read("two", Two(), folder)


def test_weights_under_other_names_are_still_the_same_weights(folder):
    weights = load_file(folder / "two.safetensors")
    save_file({f"0.{key}": weight for key, weight in weights.items()}, folder / "two.safetensors")
    assert isinstance(checkpoints.read("two", nn.Sequential(Two()), folder), nn.Sequential)


def test_an_unknown_kind_of_translator_is_named(tmp_path):
    (tmp_path / "translation_x.json").write_text(
        json.dumps({"kind": "martian", "source_words": [], "target_words": []})
    )
    with pytest.raises(ValueError, match=r"translation_x\.json: kind must be one of .*'martian'"):
        checkpoints.load("translation_x", tmp_path)
