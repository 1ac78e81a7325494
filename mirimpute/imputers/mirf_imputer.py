"""`MirfImputer`: MIRF as a scikit-learn transformer, of numbers, categories and dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from mirimpute.errors import UserError, unknown, warn
from mirimpute.imputers.conversion import cells_of, written
from mirimpute.imputers.multiple import random_halves
from mirimpute.imputers.saving import State, load, save
from mirimpute.table.wild import Fences

if TYPE_CHECKING:
    from mirimpute.methods.base import Problem
    from mirimpute.methods.mirf.method import Mirf
    from mirimpute.table.columns import Column

PRESETS = ("mirf", "mirf_fast", "mirf_flow", "mirf_mnar")
OUTPUTS = ("point", "draw")
UNSEEN = ("error", "missing")

_NOTED_ROWS = 2_000
"""Rows of the fit that are completed to say whether estimates lie outside of what was observed."""


class MirfImputer(TransformerMixin, BaseEstimator):
    """Complete missing values by a rectified flow and trees; new rows too, without fitting again.

    Arrays hold numbers, with NaN where missing or a mask, and come back as float64; arrays of dates, of durations or of
    objects come back as such. DataFrames may also hold categories (strings, booleans, pandas categories), ordered
    categories, nullable integers, dates and durations, with NaN, None or NA; they come back with the same dtypes, and
    categories that occur in the column. A pandas category has the levels and the order of the fit, whatever new rows
    declare. Which column is what: :mod:`mirimpute.table.columns`.

    ``transform`` returns an estimate of the conditional mean given the observed values of the row, or a draw from the
    conditional distribution. ``sample`` returns several draws of the one fitted model; ``impute_multiple`` fits a model
    for each, so that standard errors pooled over them (:func:`mirimpute.pool`) know what the model does not.
    Observed values come back as they are. Method: :class:`mirimpute.methods.mirf.method.Mirf`.

    Args:
        preset: "mirf" (best quality), "mirf_fast" (about a third of the time), "mirf_flow" (the flow alone, without
            trees) or "mirf_mnar" (assumes that values are missing by their own size, and says so in ``notes_``).
        output: what ``transform`` returns: "point" or "draw".
        shrinkage: lambda in [0, 1]: a draw is returned as point + lambda (draw - point). 1 is the draw itself.
        parameters: fields of :class:`mirimpute.methods.mirf.settings.Settings` to set otherwise: ``{"rounds": 3}``.
        device: torch device, "cpu" or "cuda".
        unseen: what becomes of a category in new rows that the fit did not hold: "error" refuses the rows, "missing"
            leaves it out of what the row is completed from. The cell itself was observed and keeps its value (in a
            pandas category behind the levels of the fit).
        random_state: seed (int), ``RandomState`` or None. With an int, all results repeat bit by bit on one machine.

    Attributes:
        n_features_in_: columns seen in ``fit``.
        feature_names_in_: their names, where ``fit`` was given some.
        columns_: name, kind and categories of each column.
        trace_: one dict per round of the fit.
        notes_: what a reader of the result should know: what "mirf_mnar" assumed, wild cells, from which nothing is
            learnt and which are warned of too (:mod:`mirimpute.table.wild`), or estimates for the fitted rows (2,000 of
            them at most) outside of what was observed.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(60, 2)) @ np.array([[1.0, 0.9], [0.0, 0.3]])
    >>> x[:20, 1] = np.nan
    >>> imputer = MirfImputer(preset="mirf_fast", parameters={"steps": 20, "final_steps": 20}, random_state=0)
    >>> completed = imputer.fit_transform(x)
    >>> completed.shape, bool(np.isnan(completed).any())
    ((60, 2), False)
    """

    columns_: tuple[Column, ...]
    notes_: tuple[str, ...]

    def __init__(
        self,
        *,
        preset: str = "mirf",
        output: str = "point",
        shrinkage: float = 1.0,
        parameters: dict[str, Any] | None = None,
        device: str = "cpu",
        unseen: str = "error",
        random_state: Any = None,
    ) -> None:
        self.preset = preset
        self.output = output
        self.shrinkage = shrinkage
        self.parameters = parameters
        self.device = device
        self.unseen = unseen
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> MirfImputer:
        """Learn from the rows of ``X`` (n_rows, n_columns); ``y`` is ignored.

        Raises:
            ValueError: a parameter without a meaning, a column without any value or of text, infinite values, fewer
                than 2 rows.
        """
        from mirimpute.methods.column_limits import outside_note
        from mirimpute.table.large_wholes import large_wholes_of

        settings = self._settings()
        x, columns = cells_of(self, X, None, self.unseen)
        problem = self._learn(settings, x, columns, _seed(self.random_state))
        if hasattr(X, "iloc"):
            self._set(replace(self._state, wholes=large_wholes_of(X, columns)))
        wild, some = self._wild(X, x), np.flatnonzero(np.isnan(x).any(axis=1))[:_NOTED_ROWS]
        outside = outside_note(problem, self._state.model.complete(problem.x_incomplete[some], 0, 0)[0], some)
        self.notes_ = (*self.notes_, *filter(None, [outside]), *wild)
        warn(wild)
        return self

    def _settings(self) -> Mirf:
        """Return the method; errors as :meth:`fit`."""
        from mirimpute.methods.mirf.method import Mirf
        from mirimpute.methods.presets import named_method

        self._check()
        settings = named_method(self.preset, self.parameters)
        assert isinstance(settings, Mirf)
        return settings

    def _learn(self, settings: Mirf, x: np.ndarray, columns: tuple[Column, ...], seed: int) -> Problem:
        """Fit to cells (n_rows, n_columns) of :func:`~mirimpute.imputers.conversion.cells_of`; return the problem."""
        from mirimpute.methods.base import problem_of
        from mirimpute.methods.mirf.learn import learn
        from mirimpute.table.source_bits import SourceBits

        problem, encoding, scale = problem_of(x, columns, seed, self.device)
        learnt = learn(settings, problem, new_rows=True)
        repeat = np.array([learnt.model.support.values[place[0]] is not None for place in encoding.column_slices])
        bits = SourceBits.of(x, encoding.decode(problem.x_incomplete, scale), repeat)
        self._set(State(columns, encoding, scale, bits, learnt.model, seed, learnt.trace, learnt.notes))
        return problem

    def _set(self, state: State) -> None:
        self._state, self.columns_, self.trace_, self.notes_ = state, state.columns, state.trace, state.notes

    def transform(self, X: Any) -> Any:
        """Return ``X`` (n_rows, n_columns) completed: by the point estimate, or by one draw with ``output="draw"``.

        The estimate of a category is the most probable one. Of a DataFrame, the answer is one.

        A row gets the same answer alone, in a batch or on another day. Its draw is a function of the fitted model, of
        what the row holds and of its number among equal rows of the call: rows that differ, and repeated ones, get
        independent draws. Drawn values of columns whose values repeat are observed ones, bit by bit.
        """
        self._check()
        point, draws = self._complete(X, int(self.output == "draw"), 0)
        completed = draws[0] if self.output == "draw" else point
        return written(X, self.columns_, completed, self._state.wholes)

    def sample(self, X: Any, n_draws: int = 5, *, random_state: Any = 0) -> list[Any]:
        """Return ``n_draws`` completed tables, draws from the conditional distribution of the missing values.

        The first draw of a row is that of :meth:`transform`, with ``random_state`` 0; how many are asked for changes
        none of them.

        Args:
            X: (n_rows, n_columns), NaN where missing.
            n_draws: how many.
            random_state: another int gives all rows other draws; a ``RandomState`` or None gives others in each call.

        Returns:
            A list of arrays, or of DataFrames when ``X`` is one.
        """
        self._check()
        if not isinstance(n_draws, Integral) or n_draws < 1:
            raise UserError(f"n_draws={n_draws!r} is no number of draws: give 1 or more")
        _, draws = self._complete(X, int(n_draws), _stream(random_state))
        return [written(X, self.columns_, draw, self._state.wholes) for draw in draws]

    def impute_multiple(self, X: Any, n_draws: int = 20) -> list[Any]:
        """Return ``n_draws`` completions of ``X``, each a draw of a model of its own: proper multiple imputation.

        It takes ``n_draws`` fits to half of the rows, see :mod:`mirimpute.imputers.multiple`; ``preset="mirf_fast"``
        may be enough. The imputer itself stays as it is. Intervals pooled over the draws cover means as often as they
        say, but slopes of small tables less often, ``benchmarks/coverage.md``.

        Args:
            X: (n_rows, n_columns), NaN where missing; at least 4 rows.
            n_draws: how many.

        Returns:
            A list of arrays, or of DataFrames when ``X`` is one.

        Raises:
            ValueError: see :meth:`fit`.
        """
        from mirimpute.table.large_wholes import large_wholes_of

        if not isinstance(n_draws, Integral) or n_draws < 1:
            raise UserError(f"n_draws={n_draws!r} is no number of draws: give 1 or more")
        settings, model = self._settings(), clone(self)
        x, columns = cells_of(model, X, None, self.unseen)
        rng = np.random.default_rng(_seed(self.random_state))
        halves = random_halves(~np.isnan(x), int(n_draws), rng)
        warn(Fences.of(x, columns).sentences(x, columns, X.index if hasattr(X, "iloc") else None))
        wholes = large_wholes_of(X, columns) if hasattr(X, "iloc") else {}
        tables = []
        for rows in halves:
            model._learn(settings, x[rows], columns, int(rng.integers(2**31 - 1)))
            _, draws = model._complete_numbers(x, 1, 0)
            tables.append(written(X, columns, draws[0], wholes))
        return tables

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns, which are those of the input."""
        from sklearn.utils.validation import _check_feature_names_in

        check_is_fitted(self)
        return np.asarray(_check_feature_names_in(self, input_features), dtype=object)

    def save(self, path: str | Path) -> None:
        """Write the fitted imputer to one safetensors file; :meth:`load` reads it. No pickle is involved."""
        check_is_fitted(self)
        names = [str(name) for name in getattr(self, "feature_names_in_", [])]
        parameters = {key: value for key, value in self.get_params().items() if key != "random_state"}
        save(replace(self._state, notes=self.notes_), parameters, names, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> MirfImputer:
        """Return the imputer that :meth:`save` wrote.

        Raises:
            UserError: the file is absent, damaged, or not of this program or version.
        """
        state, parameters, names = load(Path(path), cls._get_param_names())
        imputer = cls(**{**parameters, "device": "cpu", "random_state": None})
        imputer._set(state)
        imputer.n_features_in_ = len(state.columns)
        if names:
            imputer.feature_names_in_ = np.array(names, dtype=object)
        return imputer

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_state")

    def _check(self) -> None:
        from mirimpute.methods.device import torch_device

        if self.preset not in PRESETS:
            raise unknown("preset", self.preset, PRESETS)
        if self.output not in OUTPUTS:
            raise unknown("output", self.output, OUTPUTS)
        if self.unseen not in UNSEEN:
            raise unknown("unseen", self.unseen, UNSEEN)
        if not isinstance(self.shrinkage, Real) or not 0 <= self.shrinkage <= 1:
            raise UserError(f"shrinkage={self.shrinkage!r} is outside [0, 1]: give 1 for draws, 0 for the mean")
        if self.parameters is not None and not isinstance(self.parameters, Mapping):
            raise UserError(f"parameters={self.parameters!r} is no dict: give one such as {{'rounds': 3}}")
        torch_device(self.device)

    def _complete(self, X: Any, n_draws: int, stream: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the completed point estimate and draws as numbers; observed cells keep their bits.

        A draw is shrunk towards the point where that has a meaning: a category is drawn or not.
        """
        check_is_fitted(self)
        x = cells_of(self, X, self.columns_, self.unseen)[0]
        warn(self._wild(X, x))
        return self._complete_numbers(x, n_draws, stream)

    def _complete_numbers(self, x: np.ndarray, n_draws: int, stream: int) -> tuple[np.ndarray, np.ndarray]:
        """Return :meth:`_complete` of the cells (n_rows, n_columns) of a table that was read."""
        from mirimpute.seeding import integer_seed

        missing = np.isnan(x)
        result = np.repeat(x[None], 1 + n_draws, axis=0)
        rows = np.flatnonzero(missing.any(axis=1))
        if rows.size:
            encoded = self._state.scale.standardise(self._state.encoding.encode(x[rows]))
            found = self._state.model.complete(encoded, n_draws, integer_seed(self._state.seed, "draws", str(stream)))
            point, draws = (self._state.encoding.decode(each, self._state.scale) for each in found)
            shrunk = draws  # with 1 to the last bit
            if self.shrinkage < 1:
                shrunk = np.where(self._state.encoding.is_categorical, draws, point + self.shrinkage * (draws - point))
            scale = self._state.encoding.table_scale(self._state.scale)
            for number, completed in enumerate((point, *shrunk)):
                part = np.where(missing[rows], self._state.bits.restored(completed, scale), x[rows])
                result[number][rows] = part
        return result[0], result[1:]

    def _wild(self, X: Any, x: np.ndarray) -> list[str]:
        """Return a sentence for each column of ``X`` with wild cells; ``x`` are its numbers."""
        rows = X.index if hasattr(X, "iloc") else None
        return self._state.encoding.fences.sentences(x, self.columns_, rows)


def _stream(random_state: Any) -> int:
    """Return the number of a stream of draws: an int is one, other states are asked for one.

    Raises:
        UserError: it is neither.
    """
    if isinstance(random_state, Integral):
        return int(random_state)
    return _seed(random_state)


def _seed(random_state: Any) -> int:
    """Return a seed that ``random_state`` gives, as scikit-learn takes it: an int always the same one.

    Raises:
        UserError: it is none.
    """
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise UserError(
            f"random_state={random_state!r} is no seed: give an int from 0 to {2**32 - 1}, a RandomState or None"
        ) from error
