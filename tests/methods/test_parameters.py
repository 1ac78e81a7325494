"""A parameter outside of what its type allows is refused with its value and the fix."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from mirimpute.errors import UserError
from mirimpute.methods.parameters import Count, Decay, Fraction, Options, Positive, Share, check_parameters

INF, NAN = float("inf"), float("nan")


@dataclass
class _Settings:
    rounds: Count = 1
    dropout: Fraction = 0.0
    share: Share = 1.0
    rate: Positive = 1e-9
    decay: Decay = 0.0
    kind: Annotated[str, Options(("one", "two"))] = "two"
    free: int = -1


def test_values_at_the_ends_of_their_intervals_are_accepted():
    check_parameters(_Settings())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("rounds", value) for value in (0, NAN)),
        *(("dropout", value) for value in (1.0, -0.1, NAN)),
        *(("share", value) for value in (0.0, 1.1, NAN)),
        *(("rate", value) for value in (0.0, -1.0, INF, NAN)),
        *(("decay", value) for value in (100.0, INF)),
    ],
)
def test_values_without_a_meaning_are_refused_with_a_fix(field, value):
    with pytest.raises(UserError, match=f"method.{field}={value!r} .*: give "):
        check_parameters(_Settings(**{field: value}))


def test_an_unknown_option_lists_the_known_ones():
    with pytest.raises(UserError, match=r"method.kind 'three'.* one, two"):
        check_parameters(_Settings(kind="three"))
