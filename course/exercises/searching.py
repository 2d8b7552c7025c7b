"""Greedy and beam search over a tree of two words: an exercise of chapter 09."""

from course.exercises.answers import numbers_of
from course.exercises.exercise import Exercise

_OF_GREEDY = {
    1.1: "you added the probabilities of two words. Both have to come: multiply them.",
    0.36: "greedy never sees *un chien*: after the first word it has only *le* in hand.",
    0.6: "that is the first word alone. The sentence has two.",
}
_OF_BEAM = {
    1.3: "you added the probabilities of two words. Both have to come: multiply them.",
    0.3: "a beam of two keeps *un* as well. What is the likeliest sentence that starts so?",
    0.9: "0.9 is p(chien) once *un* is written. Multiply by p(un), too.",
}


def _fault_of_search(answer: object) -> str | None:
    if not isinstance(answer, dict) or set(answer) != {"greedy", "beam"}:
        return 'give a dict with the keys "greedy" and "beam", each a probability.'
    read = {name: numbers_of(given) for name, given in answer.items()}
    for name, given in read.items():
        if len(given) != 1:
            return f"{name} should be one probability; got {len(given)}."
    greedy, beam = float(read["greedy"]), float(read["beam"])
    if _near(greedy, 0.3) and _near(beam, 0.36):
        return None
    for found, hints in ((greedy, _OF_GREEDY), (beam, _OF_BEAM)):
        for wrong, hint in hints.items():
            if _near(found, wrong):
                return hint
    return "not these. Follow the tree: p(first word) × p(second word, given the first)."


def _near(given: float, wanted: float) -> bool:
    return abs(given - wanted) <= 0.005


SEARCH_BY_HAND = Exercise(
    find_fault=_fault_of_search,
    solution={"greedy": 0.3, "beam": 0.36},
    mistakes={
        "multiply them": {"greedy": 1.1, "beam": 1.3},
        "greedy never sees": {"greedy": 0.36, "beam": 0.36},
        "first word alone": {"greedy": 0.6, "beam": 0.36},
        "keeps *un* as well": {"greedy": 0.3, "beam": 0.3},
        "Multiply by p(un)": {"greedy": 0.3, "beam": 0.9},
        "the keys": [0.3, 0.36],
        "one probability": {"greedy": [0.6, 0.5], "beam": 0.36},
        "Follow the tree": {"greedy": 0.5, "beam": 0.5},
    },
    praise="The best first word is not always the first word of the best sentence.",
)
