"""Where imputed values may lie, in the scale of the problem."""

from __future__ import annotations

import numpy as np

from mirimpute.methods.base import Problem
from mirimpute.table.ranges import Limits, limits
from mirimpute.types import Array

_ANYWHERE = (np.array(-np.inf), np.array(np.inf))


def bounds(x_incomplete: Array) -> Limits:
    """Return where the state of a method may go: the observed range, widened by 1 unless it is a point."""
    return limits(x_incomplete, 1.0, _ANYWHERE)


def allowed(problem: Problem) -> Limits:
    """Return where what a method returns may lie: :func:`bounds`, and what the columns can have."""
    if problem.lowest is None or problem.highest is None:
        return bounds(problem.x_incomplete)
    return limits(problem.x_incomplete, 1.0, (problem.lowest, problem.highest))
