"""What scikit-learn's ``random_state`` is here: a seed of the fit, and a stream of draws."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.utils import check_random_state

from mirimpute.errors import UserError
from mirimpute.imputers.options import one_line

MOST_DRAWS = 10**15
"""Of one table; more is not even a number of cells that can be computed with."""


def stream_of(random_state: Any) -> int:
    """Return the number of a stream of draws: an int is one, other states are asked for one.

    Raises:
        UserError: it is neither.
    """
    if isinstance(random_state, Integral):
        return int(random_state)
    return seed_of(random_state)


def seed_of(random_state: Any) -> int:
    """Return a seed that ``random_state`` gives, as scikit-learn takes it: an int always the same one.

    Raises:
        UserError: it is none.
    """
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise UserError(
            f"random_state={one_line(random_state)} is no seed: give an int from 0 to {2**32 - 1}, a RandomState "
            "or None"
        ) from error


def checked_draws(n_draws: Any) -> int:
    """Return a number of draws.

    Raises:
        UserError: it is none.
    """
    if not isinstance(n_draws, Integral) or isinstance(n_draws, bool) or n_draws < 1:
        raise UserError(f"n_draws={n_draws!r} is no number of draws: give 1 or more")
    if int(n_draws) > MOST_DRAWS:
        raise UserError(f"n_draws={n_draws} is more than {MOST_DRAWS:,} draws: give fewer, such as 20")
    return int(n_draws)
