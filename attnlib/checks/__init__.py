"""Checks of what comes in. Errors name the argument, what was expected and what came."""

from attnlib.checks.numbers import (
    check_at_least,
    check_count,
    check_integers,
    check_lengths,
    check_number,
    check_share,
    check_tensor,
    check_tokens,
    in_forward_mode,
    is_followed,
    lowest_and_highest,
    may_read,
)
from attnlib.checks.signature import checked, unchecked
from attnlib.checks.states import (
    check_floating_point,
    check_goes_with,
    check_groups,
    check_same_size,
    check_sequence,
    head_size_of,
    weight_of,
)

__all__ = [
    "checked",
    "unchecked",
    "check_floating_point",
    "check_goes_with",
    "check_groups",
    "check_same_size",
    "check_sequence",
    "check_at_least",
    "check_count",
    "check_integers",
    "check_lengths",
    "check_number",
    "check_share",
    "check_tensor",
    "check_tokens",
    "weight_of",
    "head_size_of",
    "lowest_and_highest",
    "in_forward_mode",
    "is_followed",
    "may_read",
]
