"""The exercises' checks: what they try, how they compare, and what they refuse."""

from mutations.mutation import Mutation

GENERIC = "tests/course/test_exercises_generic.py"
FINDINGS = "tests/course/test_exercises_findings.py"
IDIOMS = "tests/course/test_exercises_idioms.py"

EXERCISE_FAULTS = [
    Mutation(
        "an exercise tried on its first case alone",
        "course/exercises/in_code.py",
        "        cases = self.cases(Draw())\n",
        "        cases = self.cases(Draw())[:1]\n",
        GENERIC,
    ),
    Mutation(
        "an exercise's inputs given without a copy",
        "course/exercises/trying.py",
        "copies = [_copy(value) for value in inputs]",
        "copies = list(inputs)",
        GENERIC,
    ),
    Mutation(
        "an exercise's inputs changed in silence",
        "course/exercises/trying.py",
        "    if not trial.changed:\n",
        "    if True:\n",
        FINDINGS,
    ),
    Mutation(
        "nan taken for a right answer",
        "course/exercises/answers.py",
        "torch.where(odd, ~alike, apart)",
        "apart",
        GENERIC,
    ),
    Mutation(
        "an exercise compared too roughly",
        "course/exercises/in_code.py",
        "    tolerance: float = 1e-5\n",
        "    tolerance: float = 1e-2\n",
        GENERIC,
    ),
    Mutation(
        "a mask of floats taken for booleans",
        "course/exercises/in_code.py",
        "(given.dtype == torch.bool) != (right.dtype == torch.bool)",
        "False",
        GENERIC,
    ),
    Mutation(
        "a list of tensors that is not read",
        "course/exercises/answers.py",
        "isinstance(given, list | tuple):\n        return _stacked(given)",
        "isinstance(given, set):\n        return _stacked(given)",
        IDIOMS,
    ),
    Mutation(
        "a key told twice that counts by its first value",
        "course/measurements/recall.py",
        "last = places.argmax(dim=-1)",
        "last = (asked[:, :, None] == keys[:, None]).int().argmax(dim=-1)",
        "tests/course/test_measurements_17.py",
    ),
    Mutation(
        "a state that erases before it has faded",
        "course/widgets/static/state_matrix.js",
        "const stored = read(kept, key);",
        "const stored = read(before, key);",
        "tests/course/js/test_widgets_state_matrix.py",
    ),
]
