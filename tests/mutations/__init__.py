"""Deliberate faults, of which each must fail a test: python tests/break_it_once.py"""

from mutations.compression import COMPRESSION
from mutations.equation import EQUATION
from mutations.exercises import EXERCISE_FAULTS
from mutations.in_c import IN_C
from mutations.masking import MASKING
from mutations.mechanisms import MECHANISMS
from mutations.models import MODELS
from mutations.newer_maps import NEWER_MAPS
from mutations.places import PLACES
from mutations.recurrences import RECURRENCES
from mutations.refusals import REFUSALS
from mutations.structures import STRUCTURES
from mutations.training import TRAINING_FAULTS

MUTATIONS = [
    *EQUATION,
    *COMPRESSION,
    *IN_C,
    *MASKING,
    *MECHANISMS,
    *RECURRENCES,
    *NEWER_MAPS,
    *STRUCTURES,
    *PLACES,
    *MODELS,
    *REFUSALS,
    *TRAINING_FAULTS,
    *EXERCISE_FAULTS,
]
