"""Every imputer of the library hyperimpute, with its own defaults: what it gives is what is scored."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import ImputationError, UserError, unknown
from mirimpute.methods.base import Fitted, Imputation, Method, Problem
from mirimpute.methods.columnwise.classifier import Corners
from mirimpute.methods.external.hyperimpute_versions import require_library
from mirimpute.methods.loop import columns_of
from mirimpute.seeding import integer_seed
from mirimpute.types import Array, Progress, no_progress

if TYPE_CHECKING:
    import pandas as pd

    from mirimpute.methods.external.hyperimpute_library import Swallowed

PLUGINS = (
    "EM",
    "gain",
    "hyperimpute",
    "ice",
    "mean",
    "median",
    "mice",
    "miracle",
    "missforest",
    "miwae",
    "most_frequent",
    "nop",
    "sinkhorn",
    "sklearn_ice",
    "sklearn_missforest",
    "softimpute",
)
"""All that hyperimpute 0.1.17 has."""

MODELS = {"hyperimpute": ("xgboost", "catboost"), "sinkhorn": ("geomloss",)}
"""What plugins import besides the library (not TensorFlow for `miracle`: it is not meant to be forked)."""

ROUNDING = 2.0**-23
"""The largest relative change of an observed cell that is taken for a rounding to float32, and undone."""


@dataclass
class Hyperimpute(Method):
    """A plugin of hyperimpute 0.1.17 with the library's default parameters.

    The library returns one completed table, so the draw is the point (`mice` returns one posterior draw, which is
    then its point too). It draws from the global generators, which are seeded here and put back. An error that it
    swallows is printed and counted in the trace (``swallowed_errors``), and raised when it cost the result.

    A categorical column is handed over as the numbers of its categories, which is what the library makes of strings
    itself; `hyperimpute`, `ice` and `missforest` classify columns with few distinct values, the others treat them as
    numbers. What comes back is rounded to a category.

    Reference: Jarrett et al., "HyperImpute: Generalized Iterative Imputation with Automatic Model Selection",
    ICML 2022.

    Attributes:
        plugin: name of the imputer in the library, one of :data:`PLUGINS`.
    """

    name: str = "hyperimpute/hyperimpute"
    plugin: str = "hyperimpute"

    @property
    def libraries(self) -> tuple[str, ...]:  # type: ignore[override]  # one class stands for sixteen methods
        """The library, and what only this plugin loads."""
        return ("mirimpute.methods.external.hyperimpute_library", *MODELS.get(self.plugin, ()))

    @property
    def returns_column_means(self) -> bool:  # type: ignore[override]
        """True for the plugin that is mean imputation."""
        return self.plugin == "mean"

    def check(self) -> None:
        """Refuse an unknown plugin, an absent library, and versions with which the library gives wrong results.

        Raises:
            UserError: the plugin is unknown, or a version does not work.
            NotInstalledError: the library is absent.
        """
        if self.plugin not in PLUGINS:
            raise unknown("hyperimpute plugin", self.plugin, PLUGINS)
        require_library(self.plugin)

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Construct and fit the plugin; many plugins do all their work only when they transform."""
        self.check()
        from mirimpute.methods.external.hyperimpute_library import Swallowed, confined, load_plugin, seed_globally

        swallowed = Swallowed()
        table = CodedTable(problem)
        frame = table.frame
        seed = _seed(problem, self.plugin, "fit")
        progress(self.name, 0, 2)
        with confined(problem.device, swallowed):
            imputer = load_plugin(self.plugin, seed, swallowed)
        with confined(problem.device, swallowed):  # anew, because loading a plugin may undo the first
            seed_globally(seed)
            with _failures_named(self.plugin):
                imputer.fit(frame.copy())
        progress(self.name, 1, 2)
        return FittedHyperimpute(self.plugin, problem, table, imputer, swallowed, progress)


@dataclass(frozen=True)
class FittedHyperimpute(Fitted):
    """A fitted plugin with the table that it is to complete."""

    plugin: str
    problem: Problem
    table: CodedTable
    imputer: Any
    swallowed: Swallowed
    progress: Progress

    def impute(self) -> Imputation:
        """Transform the table.

        Raises:
            ImputationError: the plugin raised, swallowed an error that cost the result, returned another shape, or
                changed an observed cell by more than the rounding to float32.
        """
        from mirimpute.methods.external.hyperimpute_library import confined, seed_globally

        with confined(self.problem.device, self.swallowed):
            seed_globally(_seed(self.problem, self.plugin, "impute"))
            with _failures_named(self.plugin):
                completed = np.array(self.imputer.transform(self.table.frame.copy()), dtype=np.float64)
        fatal = self.swallowed.first("CRITICAL")
        if fatal:
            raise ImputationError(f"hyperimpute's {self.plugin} went on after an error: {fatal}")
        point = self.table.indicated(restore_observed(self.table.values, completed))
        self.progress(f"hyperimpute/{self.plugin}", 2, 2)
        count = len(self.swallowed.messages)
        trace = [{"round": 1, "swallowed_errors": count}] if count else []
        return Imputation(point=point, draws=point[None], trace=trace)


def restore_observed(x_incomplete: Array, x_imputed: Array) -> Array:
    """Return ``x_imputed`` with observed cells bit-equal to the input, if only rounding keeps them from it.

    Rounding is |x' − x| ≤ 2⁻²³ |x| (plus the smallest normal float32, for values near zero): twice the error of a
    conversion to float32. Anything more is a change, which is the method's fault and not undone.

    Args:
        x_incomplete: (n_rows, n_columns), NaN where missing.
        x_imputed: the same shape; missing cells are returned as they are.

    Raises:
        ImputationError: another shape, or an observed cell that was changed by more than rounding.

    >>> x = np.array([[0.1, np.nan]])
    >>> restore_observed(x, np.array([[np.float32(0.1), 7.0]]))
    array([[0.1, 7. ]])
    """
    if x_imputed.shape != x_incomplete.shape:
        raise ImputationError(f"returned shape {x_imputed.shape} for a table of {x_incomplete.shape}")
    observed = ~np.isnan(x_incomplete)
    before, after = x_incomplete[observed], x_imputed[observed]
    difference = np.abs(after - before)
    changed = ~(difference <= ROUNDING * np.abs(before) + np.finfo(np.float32).tiny)  # NaN counts as changed
    if changed.any():
        raise ImputationError(
            f"changed {changed.sum()} observed cell(s), by up to {difference[changed].max():.3g}: more than a rounding "
            "to float32"
        )
    return np.where(observed, x_incomplete, x_imputed)


class CodedTable:
    """A problem as the library wants it: one column for each of the source, categories as numbers.

    Attributes:
        values: float64 (n_rows, columns of the source), NaN where missing.
        frame: the same, with names. Its xgboost refuses column names with brackets, the library swallows that and goes
            on without xgboost; so names are reduced to what no model refuses. The number keeps them unique.
    """

    values: Array
    frame: pd.DataFrame

    def __init__(self, problem: Problem) -> None:
        import pandas as pd

        self._problem = problem
        self._blocks = columns_of(problem)
        self._corners = {
            int(block[0]): Corners.of(problem.x_incomplete[np.ix_(~problem.missing[:, block[0]], block)])
            for block in problem.categorical
        }
        self.values = np.column_stack([self._coded(block) for block in self._blocks])
        names = [problem.columns[block[0]].name for block in self._blocks]
        plain = [f"x{j}_{''.join(c if c.isalnum() else '_' for c in name)}" for j, name in enumerate(names)]
        self.frame = pd.DataFrame(self.values.copy(), columns=plain)

    def indicated(self, completed: Array) -> Array:
        """Return the completed values in the columns of the problem, categories as indicators."""
        x, missing = self._problem.x_incomplete.copy(), self._problem.missing
        for number, block in enumerate(self._blocks):
            rows = missing[:, block[0]]
            corners = self._corners.get(int(block[0]))
            if corners is None:
                x[rows, block[0]] = completed[rows, number]
            else:
                codes = np.clip(np.round(completed[rows, number]), 0, corners.count - 1)  # NaN stays one, a fault
                on = np.where(np.isnan(codes)[:, None], np.nan, codes[:, None] == np.arange(corners.count))
                x[np.ix_(rows, block)] = corners.mixed(on)
        return x

    def _coded(self, block: Array) -> Array:
        x = self._problem.x_incomplete[:, block]
        if int(block[0]) not in self._corners:
            return x[:, 0]
        return np.where(np.isnan(x[:, 0]), np.nan, self._corners[int(block[0])].labels(np.nan_to_num(x)))


def _seed(problem: Problem, plugin: str, stage: str) -> int:
    return integer_seed(problem.seed, "hyperimpute", plugin, stage) % 2**31  # what every model inside accepts


@contextlib.contextmanager
def _failures_named(plugin: str) -> Iterator[None]:
    """Turn what the library raises into an `ImputationError` that says where it came from."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:300] or "no message"
        raise ImputationError(f"hyperimpute's {plugin} raised {type(error).__name__}: {text}") from error
