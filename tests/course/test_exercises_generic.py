"""No exercise accepts a mistake that anybody can make in any exercise.

Each solution is wrapped in a large family of mistakes (`generic_mistakes`). One that is accepted
must be listed in `EQUAL`, with the reason why its answer is the right one after all.
"""

import math
import re
from dataclasses import replace
from functools import cache

import generic_mistakes
import pytest
from exercise_list import EXERCISES

from course.exercises.answers import same, tensor_of
from course.exercises.in_code import InCode
from course.exercises.trying import Draw

ONE_AXIS = "an answer of one axis stays as it is when that axis is moved"
ONE_NUMBER = "one number is its own mean"
SAME_SHIFT = "softmax does not mind what is added to a whole row"
ANY_TILE = "tiles of any size give the same answer: that is what makes them exact"
ONE_FOR_ALL = "the axes of heads and queries have one entry"
MONOTONE = "the largest stay the largest"
EQUAL = {
    "chapter_00.MIX": {r"scores plus one": SAME_SHIFT},
    "chapter_00.FITTED_SLOPE": {r"output its mean everywhere": ONE_NUMBER},
    "chapter_01.SOFT_LOOKUP": {r"output moved first .*": ONE_AXIS},
    "chapter_01.WHERE_IT_LOOKS": {
        r"output moved first .*": ONE_AXIS,
        r"weights (doubled|plus one)": MONOTONE,
    },
    "chapter_02.ADDITIVE_SCORES": {r"output moved first .*": ONE_AXIS},
    "chapter_02.ALIGNMENT_ERROR_RATE": {
        r"output its mean everywhere": ONE_NUMBER,
        r"chosen exchanged with gold": "the rate is the same seen from either side",
    },
    "chapter_02.CONTEXT_VECTOR": {r"output moved first .*": ONE_AXIS},
    "chapter_03.LOOK": {r"key plus one": SAME_SHIFT},
    "chapter_03.LOOK_IN_EACH": {r"key plus one": SAME_SHIFT},
    "chapter_03.AIM": {
        r"(number .*)|doubled": "every query that gives the third key 0.9 or more is right",
    },
    "chapter_04.STABLE_SOFTMAX": {r"scores plus one": SAME_SHIFT},
    "chapter_04.JACOBIAN": {r"output (moved|axes) .*": "the Jacobian of softmax is symmetric"},
    "chapter_04.WEIGHTS_AT": {
        r"scores plus one": SAME_SHIFT,
        r"output divided by its sum along 1": "each row sums to 1",
    },
    "chapter_20.TOP_K_WEIGHTS": {
        r"scores plus one": SAME_SHIFT,
        r"output divided by its sum along 1": "each row sums to 1",
    },
    "chapter_05.CAUSAL_AND_PADDING": {
        r"output .* along 1": "the axis of the heads has one entry",
        r"output sorted along 2": "a key once seen is seen by all later queries",
    },
    "chapter_05.LOOK_BACK": {r"key plus one": SAME_SHIFT},
    "chapter_05.MAY_ATTEND": {r"output .* along 1": "the axis of the heads has one entry"},
    "chapter_05.PREFIX_MASK": {
        r"output sorted along 0": "a key once seen is seen by all later ones"
    },
    "chapter_06.DECODER_LAYER": {r"memory .* along 0": "the order of keys does not matter"},
    "chapter_06.FOLLOWS_THE_ORDER": {r"x .*": "any rows tell whether the layer follows"},
    "chapter_06.CROSS_ATTENTION": {r"context .* along 0": "the order of keys does not matter"},
    "chapter_08.TURNED": {r"number 0 inverted": "1 / −1 is −1"},
    "chapter_08.LINES": {
        r"output axes 1 and 2 exchanged": "the distance is the same both ways",
        r"output the last 0 along 2": "only the last query sees the last key, at distance 0",
        r"output sorted along 0": "the steepest slope comes first",
    },
    "chapter_09.ENCODER_LAYER": {r"allowed .* along [12]": ONE_FOR_ALL},
    "chapter_09.DECODER_LAYER": {r"allowed .* along [12]": ONE_FOR_ALL},
    "chapter_09.PRE_NORM_LAYER": {r"allowed .* along [12]": ONE_FOR_ALL},
    "chapter_09.LAYER_NORM": {r"x plus one": "the mean is subtracted"},
    "chapter_09.SMOOTHED_TARGET": {r"reversed": "the right word stands in the middle"},
    "chapter_10.INDUCTION": {r"output its mean everywhere": ONE_NUMBER},
    "chapter_10.NUCLEUS": {
        r"output moved first .*": ONE_AXIS,
        r"output divided by its sum .*": "the sum is 1",
    },
    "chapter_10.PERPLEXITY_OF_WINDOWS": {
        r"output its mean everywhere": ONE_NUMBER,
        r"counts (doubled|negated)": "the share of each window stays the same",
    },
    "chapter_10.SURPRISE": {
        r"output its mean everywhere": ONE_NUMBER,
        r"logits plus one": SAME_SHIFT,
    },
    "chapter_11.READ_AND_LABELS": {
        r"output from the third on 0 along 0": "there are two: what is read, and the labels",
    },
    "chapter_11.TWO_BEFORE": {r"output moved first .*": ONE_AXIS},
    "chapter_12.CHANNEL_GATES": {
        r"output moved first .*": ONE_AXIS,
        r"image (flipped|rolled) along [12]|image transposed": "a mean does not mind the order",
    },
    "chapter_12.LOOKED_AT": {
        r"output moved first .*": ONE_AXIS,
        r"weights (flipped|rolled) along 0": "a mean over the heads does not mind their order",
        r"weights (doubled|plus one)": MONOTONE,
    },
    "chapter_13.GROUPED": {r"key plus one": SAME_SHIFT},
    "chapter_16.CAUSAL_TOP_K": {r"scores (doubled|plus one)": MONOTONE},
    "chapter_16.ROUTED": {
        r"(query|key) doubled": MONOTONE,
        r"key plus one": "each query adds the same to all its scores: the largest stay the largest",
    },
    "chapter_16.YARN_TURNS": {r"output moved first .*": ONE_AXIS},
    "chapter_17.LOCAL_LINEAR": {r"output moved first .*": ONE_AXIS},
    "chapter_15.OUTCOME": {r"output divided by its sum along 1": "each row sums to 1"},
    "chapter_14.IN_TILES": {r"scores plus one": SAME_SHIFT, r"tile .*": ANY_TILE},
    "chapter_14.CAUSAL_IN_TILES": {
        r"scores plus one": SAME_SHIFT,
        r"(rows|columns) .*": ANY_TILE,
    },
    "chapter_14.MERGED": {r"logsumexps plus one": SAME_SHIFT},
    "chapter_18.CAUSAL_RING": {r"key plus one": SAME_SHIFT},
    "chapter_18.LOCAL_LOSSES": {
        r"output moved first .*": ONE_AXIS,
        r"tokens (flipped|rolled) along 0|tokens transposed": "a sum does not mind the order",
    },
    "chapter_18.TURNS": {r"length plus one": "every process has as many tokens as before"},
    "chapter_18.ZIGZAG": {r"output sorted along 1": "places run upwards"},
    "chapter_19.PREFIX_MATCHING": {
        r"output its mean everywhere": ONE_NUMBER,
        r"tokens (plus one|doubled|negated)": "which tokens they are does not matter",
    },
    "chapter_19.ROLLED_OUT": {
        r"maps (flipped|rolled) along 1": "a mean over the heads does not mind their order",
        r"output divided by its sum along 1": "each row sums to 1",
    },
    "chapter_19.SIZES": {
        r"(value|output) negated": "a length does not mind the sign",
        r"output (flipped|rolled|sorted) along 0": "a length does not mind the order of numbers",
    },
    "chapter_20.WINDOW_PAIRS": {
        r"output (its mean everywhere|to one decimal)": "a whole number stays as it is",
    },
    "chapter_20.FORBIDDEN": {r"output its mean everywhere": ONE_NUMBER},
}


LOOK = EXERCISES["chapter_03.LOOK"].find_fault


def mistakes(name):
    """The generic mistakes of one exercise, each under its name."""
    exercise = EXERCISES[name]
    if isinstance(exercise.find_fault, InCode):
        cases = exercise.find_fault.cases(Draw())
        return dict(generic_mistakes.in_code(exercise.solution, cases))
    if callable(exercise.solution):
        return dict(generic_mistakes.in_words(exercise.solution))
    return dict(generic_mistakes.by_hand(exercise.solution))


def reason(name, label):
    """Why a mistake's answer is the right one after all; None when it is not."""
    fitting = (why for pattern, why in EQUAL.get(name, {}).items() if re.fullmatch(pattern, label))
    return next(fitting, None)


@cache
def verdicts(name):
    """What the check says to each generic mistake."""
    return {label: EXERCISES[name].verdict(wrong) for label, wrong in mistakes(name).items()}


@pytest.mark.parametrize("name", EXERCISES)
def test_no_generic_mistake_is_accepted(name):
    said = verdicts(name)
    accepted = {label for label, verdict in said.items() if verdict.startswith("Right")}
    assert {label for label in accepted if reason(name, label) is None} == set()


@pytest.mark.parametrize("name", EXERCISES)
def test_no_wrong_answer_makes_the_check_stop(name):
    stopped = {label: said for label, said in verdicts(name).items() if "The check itself" in said}
    assert stopped == {}


@pytest.mark.parametrize("name", EQUAL)
def test_what_is_held_equal_is_equal_on_other_inputs_too(name):
    exercise = EXERCISES[name]
    accepted = [label for label, said in verdicts(name).items() if said.startswith("Right")]
    unused = [why for why in EQUAL[name] if not any(re.fullmatch(why, a) for a in accepted)]
    assert unused == []
    if isinstance(exercise.find_fault, InCode):
        wrong, check = mistakes(name), exercise.find_fault
        for seed in range(1, 6):
            for inputs in check.cases(Draw(seed)):
                right = check.seen(tensor_of(exercise.solution(*inputs)))
                for label in accepted:
                    given = check.seen(tensor_of(wrong[label](*inputs)))
                    assert same(given, right, 2 * check.tolerance), label


@pytest.mark.parametrize(
    ("weakening", "passes"),
    [
        ({"tolerance": math.inf}, "output zeros"),
        ({"tolerance": 0.01}, "output plus a thousandth"),
        ({"cases": lambda draw: LOOK.cases(draw)[:1]}, "always the first case's answer"),
        ({"cases": lambda draw: LOOK.cases(draw)[:1]}, "right for the first case alone"),
    ],
)
def test_a_weaker_check_is_found_out(weakening, passes):
    weak = replace(LOOK, **weakening)
    assert weak(mistakes("chapter_03.LOOK")[passes]) is None
    assert reason("chapter_03.LOOK", passes) is None
