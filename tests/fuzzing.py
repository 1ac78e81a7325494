"""Files that are nearly right, and what becomes of who reads them."""

from __future__ import annotations

import os
import random
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mirimpute.errors import ImputationError, MirimputeWarning, UserError

INPUTS = int(os.environ.get("MIRIMPUTE_FUZZ", "2000"))
"""Of each reader."""
FAULTS_SHOWN = 5
FUZZ = settings(
    max_examples=INPUTS,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [0, -1, 2**63, 10**400, float("nan"), float("inf"), 1e308, "", "\ud800", "\x1b[31m", "=1+1", "../..", "/"]
    ),
    st.floats(),
    st.text(max_size=8),
)
JSON = st.recursive(
    SCALARS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=4), each, max_size=3),
    max_leaves=6,
)
"""Values for the places of a file whose structure is kept."""


def damage(content: bytes, how: random.Random) -> bytes:
    """Return the bytes with some of them flipped, cut, doubled or replaced."""
    found = bytearray(content)
    for _ in range(how.choice([0, 0, 0, 1, 2])):
        place = how.randrange(len(found) + 1)
        kind = how.randrange(5)
        if kind == 0 and place < len(found):
            found[place] ^= 1 << how.randrange(8)
        elif kind == 1:
            del found[place : place + how.choice([1, 7, 100_000])]
        elif kind == 2:
            found[place:place] = found[: how.randint(0, 40)]
        elif kind == 3:
            found[place:place] = bytes(how.randrange(256) for _ in range(how.randint(1, 9)))
        else:
            found[place:place] = how.choice(
                [b"\x00" * 9, b"[" * 3_000, b"\xff\xfe", b"\r", b'"', b",,", b"NaN", b"1e999"]
            )
    return bytes(found)


DAMAGE = st.integers(0, 2**32).map(random.Random)


def tried(name: str, read: Callable[[], Any], tally: Counter[str]) -> None:
    """Read; what is not read is said in one line, as a refusal or as a warning."""
    with warnings.catch_warnings(record=True) as given_warnings:
        warnings.simplefilter("always")
        try:
            read()
            outcome = (
                "warned" if any(issubclass(each.category, MirimputeWarning) for each in given_warnings) else "read"
            )
        except (UserError, ImputationError) as error:
            outcome = "refused" if str(error) else "without a word"
        except Exception as error:
            outcome = "fault"
            if tally["fault"] < FAULTS_SHOWN:
                traceback.print_exception(error, limit=-4, file=sys.stdout)
    tally[outcome] += 1


def fuzzed(name: str, strategies: tuple[Any, ...], one: Callable[..., Callable[[], Any]]) -> None:
    """Try one reader with :data:`INPUTS` inputs, and print what became of them."""
    tally: Counter[str] = Counter()

    @FUZZ
    @given(st.tuples(*strategies))
    def attempt(drawn: tuple[Any, ...]) -> None:
        tried(name, one(*drawn), tally)

    attempt()
    print(f"\n{name}: {sum(tally.values())} inputs: {dict(tally)}")
    assert sum(tally.values()) >= INPUTS * 0.9
    assert tally["without a word"] == tally["fault"] == 0
