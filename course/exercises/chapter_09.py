"""Chapter 09, the Transformer: the exercises and what can go wrong in them."""

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.exercise import Exercise, close, missing

FIRST = {"le": 0.6, "un": 0.4}  # of the tree in the exercise: p of the first word,
SECOND = {"le": {"chat": 0.5, "chien": 0.3, "loup": 0.2}, "un": {"chat": 0.1, "chien": 0.9}}


def _fault_of_search(answer: dict[str, float]) -> str | None:
    if not isinstance(answer, dict) or set(answer) != {"greedy", "beam"}:
        return 'give a dict with the keys "greedy" and "beam", each a probability.'
    greedy, beam = float(answer["greedy"]), float(answer["beam"])
    if close(greedy, 0.3, 0.005) and close(beam, 0.36, 0.005):
        return None
    if close(greedy, 1.1, 0.005) or close(beam, 1.3, 0.005):
        return "you added the probabilities of two words. Both have to come: multiply them."
    if close(greedy, 0.36, 0.005):
        return "greedy never sees *un chien*: after the first word it has only *le* in hand."
    if close(greedy, 0.6, 0.005):
        return "that is the first word alone. The sentence has two."
    if close(beam, 0.3, 0.005):
        return "a beam of two keeps *un* as well. What is the likeliest sentence that starts so?"
    if close(beam, 0.9, 0.005):
        return "0.9 is p(chien) once *un* is written. Multiply by p(un), too."
    return "not these. Follow the tree: p(first word) × p(second word, given the first)."


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
    },
    praise="The best first word is not always the first word of the best sentence.",
)


def layer_norm(
    x: Float[Tensor, "T E"], gain: Float[Tensor, " E"], shift: Float[Tensor, " E"]
) -> Float[Tensor, "T E"]:
    mean = x.mean(dim=-1, keepdim=True)
    variance = (x - mean).square().mean(dim=-1, keepdim=True)
    return gain * (x - mean) / (variance + 1e-5).sqrt() + shift


def _over_words(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    mean = x.mean(dim=0, keepdim=True)
    variance = (x - mean).square().mean(dim=0, keepdim=True)
    return gain * (x - mean) / (variance + 1e-5).sqrt() + shift


def _over_all(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    return gain * (x - x.mean()) / ((x - x.mean()).square().mean() + 1e-5).sqrt() + shift


def _by_variance(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    mean = x.mean(dim=-1, keepdim=True)
    return gain * (x - mean) / ((x - mean).square().mean(dim=-1, keepdim=True) + 1e-5) + shift


def _one_less(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    mean, deviation = x.mean(dim=-1, keepdim=True), x.std(dim=-1, keepdim=True)
    return gain * (x - mean) / (deviation.square() + 1e-5).sqrt() + shift


def _no_mean(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    return gain * x / (x.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt() + shift


def _no_gain(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    return layer_norm(x, torch.ones_like(gain), torch.zeros_like(shift))


def _fault_of_layer_norm(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(layer_norm)."
    source = torch.Generator().manual_seed(0)
    x, (gain, shift) = (
        torch.randn(4, 6, generator=source, dtype=torch.float64) * 2 + 1,
        torch.randn(2, 6, generator=source, dtype=torch.float64),
    )
    given = answer(x, gain, shift)
    if (fault := missing(given)) is not None:
        return fault
    known = {
        "each *column* has mean 0. The mean is over the numbers of one word (dim=-1).": _over_words,
        "one mean for all words. Each word has its own: dim=-1, keepdim=True.": _over_all,
        "you divided by the variance; it is its root.": _by_variance,
        "std divides by E − 1. Here the squares are divided by E: unbiased=False.": _one_less,
        "the mean is not subtracted. (That is another norm, RMSNorm.)": _no_mean,
        "gain and shift are missing.": _no_gain,
    }
    for hint, mistake in known.items():
        if close(given, mistake(x, gain, shift), 1e-4):
            return hint
    if not close(given, layer_norm(x, gain, shift), 1e-4):
        return "these are not the numbers. Mean, variance, then gain · (x − mean) / root + shift."
    return None


LAYER_NORM = Exercise(
    find_fault=_fault_of_layer_norm,
    solution=layer_norm,
    mistakes={
        "each *column* has mean 0": _over_words,
        "one mean for all words": _over_all,
        "it is its root": _by_variance,
        "std divides by E − 1": _one_less,
        "the mean is not subtracted": _no_mean,
        "gain and shift are missing": _no_gain,
        "without calling it": 3.0,
    },
    praise="No word's norm depends on another word: only attention moves anything between words.",
)


def read_and_predict(words: list[str]) -> tuple[list[str], list[str]]:
    return words[:-1], words[1:]


def _fault_of_shift(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(read_and_predict)."
    sentence = ["<bos>", "le", "chat", "dort", "<eos>"]
    given = answer(sentence)
    if (fault := missing(given)) is not None:
        return fault
    if not isinstance(given, tuple) or len(given) != 2:
        return "return two lists: what the decoder reads, and what it has to predict."
    read, predict = list(given[0]), list(given[1])
    if (read, predict) == (sentence[:-1], sentence[1:]):
        return None
    if read == predict:
        return "it reads the very word it has to predict: the leak. The loss will be perfect."
    if (read, predict) == (sentence[1:], sentence[:-1]):
        return "the other way round: this decoder predicts the word it has just left behind."
    if len(read) != len(predict):
        return f"it reads {len(read)} words but has to predict {len(predict)}: one each."
    if (read, predict) == (sentence[1:-1], sentence[2:]):
        return "nothing is read before *le*, so nobody learns the first word. Read <bos> too."
    if (read, predict) == (sentence[:-2], sentence[1:-1]):
        return "nobody learns to stop: <eos> has to be predicted too."
    return "for every word that is read, the word that comes next has to be predicted."


READ_AND_PREDICT = Exercise(
    find_fault=_fault_of_shift,
    solution=read_and_predict,
    mistakes={
        "the leak": lambda words: (words[1:], words[1:]),
        "the other way round": lambda words: (words[1:], words[:-1]),
        "one each": lambda words: (words, words[1:]),
        "Read <bos> too": lambda words: (words[1:-1], words[2:]),
        "nobody learns to stop": lambda words: (words[:-2], words[1:-1]),
        "two lists": lambda words: words[1:],
    },
    praise="One step to the left, one to the right: that shift is all of teacher forcing.",
)


def _fault_of_target(answer: list[float]) -> str | None:
    given = torch.as_tensor(answer, dtype=torch.float64)
    if given.shape != (5,):
        return f"five words, so five probabilities; got the shape {tuple(given.shape)}."
    right = torch.tensor([0.02, 0.02, 0.92, 0.02, 0.02], dtype=torch.float64)
    if close(given, right, 0.001):
        return None
    if close(given, torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0]), 0.001):
        return "that is the target without smoothing."
    if close(given, torch.tensor([0.02, 0.02, 0.9, 0.02, 0.02]), 0.001):
        return "ε is spread over all five words, the right one included: it gets 0.9 and its share."
    if close(given, torch.tensor([0.025, 0.025, 0.9, 0.025, 0.025]), 0.001):
        return (
            "you spread ε over the four wrong words. Here it goes to all five (Szegedy et al., "
            "2016): the right word keeps 1 − ε and gets its share besides."
        )
    if abs(float(given.sum()) - 1) > 0.001:
        return f"they sum to {float(given.sum()):.2f}; probabilities sum to 1."
    return "not these: 1 − ε for the right word, then ε / 5 for every word."


SMOOTHED_TARGET = Exercise(
    find_fault=_fault_of_target,
    solution=[0.02, 0.02, 0.92, 0.02, 0.02],
    mistakes={
        "without smoothing": [0.0, 0.0, 1.0, 0.0, 0.0],
        "the right one included": [0.02, 0.02, 0.9, 0.02, 0.02],
        "over the four wrong words": [0.025, 0.025, 0.9, 0.025, 0.025],
        "probabilities sum to 1": [0.1, 0.1, 0.9, 0.1, 0.1],
        "five probabilities": [0.92, 0.08],
    },
    praise="Nothing is asked for with certainty, so no logit has to run away.",
)
