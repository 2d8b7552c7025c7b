"""The list of deliberate faults is up to date; whether tests notice them: break_it_once.py."""

from pathlib import Path

import pytest
from break_it_once import broken
from mutations import MUTATIONS

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.says)
def test_every_fault_can_be_made_and_has_its_test(mutation):
    source = (ROOT / mutation.file).read_text()
    assert broken(source, mutation) != source
    assert (ROOT / mutation.test).is_file()


def test_faults_have_names_of_their_own():
    names = [mutation.says for mutation in MUTATIONS]
    assert len(names) == len(set(names))
