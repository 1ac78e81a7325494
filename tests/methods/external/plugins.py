"""How tests ask a plugin of the wrapped library."""

from __future__ import annotations

import numpy as np
import pytest

from mirimpute.methods.base import Imputation, Problem
from mirimpute.methods.external.hyperimpute import Hyperimpute
from mirimpute.table.columns import Column, Kind

needs_library = pytest.mark.hyperimpute


def make_problem(x_incomplete: np.ndarray, seed: int = 0, device: str = "cpu") -> Problem:
    columns = tuple(Column(f"x{j}", Kind.CONTINUOUS) for j in range(x_incomplete.shape[1]))
    return Problem(x_incomplete=x_incomplete, columns=columns, seed=seed, device=device)


def impute(plugin: str, problem: Problem) -> Imputation:
    return Hyperimpute(name=f"hyperimpute/{plugin}", plugin=plugin).fit(problem).impute()
