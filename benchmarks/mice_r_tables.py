"""What `mice` and R's mice are compared on: tables with hidden cells, chains and rounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mirimpute.amputation import MECHANISMS, amputate
from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.datasets.location import data_directory
from mirimpute.methods.base import Problem, problem_of
from mirimpute.seeding import generator
from mirimpute.table.columns import Column, Kind
from mirimpute.table.encoding import Encoding
from mirimpute.table.scale import Scale
from mirimpute.types import Array

PROGRAM = "mice_r"
AMOUNTS = {"pmm": (50, 10), "bayes": (50, 10), "cart": (10, 5), "rf": (10, 5)}
"""Kind to chains and rounds of both; R takes minutes for more trees."""

RATE = 0.4
MOST_ROWS = 500


@dataclass(frozen=True)
class Case:
    """A table with hidden cells.

    Attributes:
        problem: what our method gets, indicators in place of categories.
        encoding, scale: of the problem.
        truth: (n, d), standardised by the observed cells; numbers of categories as they are.
        missing: bool (n, d), hidden cells.
    """

    problem: Problem
    encoding: Encoding
    scale: Scale
    truth: Array
    missing: Array

    @property
    def incomplete(self) -> Array:
        """The table that R gets, (n, d)."""
        return np.where(self.missing, np.nan, self.truth)

    @classmethod
    def of(cls, values: Array, columns: tuple[Column, ...], missing: Array, seed: int) -> Case:
        """Return the case of a complete table (n, d) in original units and a pattern."""
        problem, encoding, scale = problem_of(np.where(missing, np.nan, values), columns, seed)
        return cls(problem, encoding, scale, encoding.table_scale(scale).standardise(values), missing)


def uci(name: str, seed: int) -> Case:
    """Return a set of UCI, at most 500 rows of it, MCAR."""
    table = replace(named_dataset(f"uci/{name}"), max_rows=MOST_ROWS).load(data_directory())
    categorical = Encoding(table.columns).is_categorical
    rng = generator(seed, PROGRAM, name)
    hidden = amputate(table.values, MECHANISMS["mcar"](name="mcar"), RATE, "overall", rng, categorical)
    return Case.of(table.values, table.columns, hidden.scored, seed)


def titanic(seed: int) -> Case:
    """Return the passengers of the Titanic without boat and body, at most 500 complete rows, MCAR."""
    table = named_dataset("titanic").load(data_directory())
    kept = [j for j, column in enumerate(table.columns) if column.name not in ("boat", "body")]
    values, columns = table.values[:, kept], tuple(table.columns[j] for j in kept)
    rng = generator(seed, PROGRAM, "titanic")
    complete = np.flatnonzero(~np.isnan(values).any(axis=1))
    values = values[rng.permutation(complete)[:MOST_ROWS]]
    categorical = Encoding(columns).is_categorical
    hidden = amputate(values, MECHANISMS["mcar"](name="mcar"), RATE, "overall", rng, categorical)
    return Case.of(values, columns, hidden.scored, seed)


def quadratic(seed: int, n: int = 400) -> Case:
    """Return y = x² - 1 + .7 e, with y hidden in the middle (MAR): a line sees nothing of it in the other rows."""
    rng = generator(seed, PROGRAM, "quadratic")
    x = rng.standard_normal(n)
    y = x**2 - 1 + 0.7 * rng.standard_normal(n)
    return _simulated(np.stack([x, y], axis=1), rng.random(n) < 1 / (1 + np.exp(3 * (np.abs(x) - 1))), seed)


def noise(seed: int, n: int = 400) -> Case:
    """Return y independent of x, with two fifths of y hidden (MCAR)."""
    rng = generator(seed, PROGRAM, "noise")
    return _simulated(rng.standard_normal((n, 2)), rng.random(n) < RATE, seed)


def mixed(seed: int, n: int = 400) -> Case:
    """Return two numbers, a category of two values and one of three that depend on each other (MCAR)."""
    rng = generator(seed, PROGRAM, "mixed")
    x = rng.standard_normal((n, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    two = x[:, 0] + rng.logistic(size=n) > 0
    three = np.argmax(np.stack([x[:, 0], x[:, 1], two - 0.5], axis=1) + rng.gumbel(size=(n, 3)), axis=1)
    values = np.column_stack([x, two, three])
    kinds = [((), Kind.CONTINUOUS), ((), Kind.CONTINUOUS), ((0, 1), Kind.CATEGORICAL), ((0, 1, 2), Kind.CATEGORICAL)]
    columns = tuple(Column(f"x{j}", kind, categories) for j, (categories, kind) in enumerate(kinds))
    missing = rng.random(values.shape) < 0.3
    missing[missing.all(axis=1), 0] = False
    return Case.of(values, columns, missing, seed)


def _simulated(values: Array, hidden: Array, seed: int) -> Case:
    columns = tuple(Column(name, Kind.CONTINUOUS) for name in ("x", "y"))
    return Case.of(values, columns, np.stack([np.zeros_like(hidden), hidden], axis=1), seed)


TABLES: dict[str, Callable[[int], Case]] = {
    **{f"uci/{name}": partial(uci, name) for name in ("wine", "housing", "concrete")},
    "titanic": titanic,
    "quadratic": quadratic,
    "noise": noise,
    "mixed": mixed,
}
