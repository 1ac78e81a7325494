"""What the public imputers share: fit to a table, complete it or new rows, draw, impute several times."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import Tags
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import check_is_fitted

from mirimpute.errors import UserError, warn
from mirimpute.imputers.censoring import Censored
from mirimpute.imputers.column_choice import ColumnChoice
from mirimpute.imputers.constraints import Constraints, constraints_of
from mirimpute.imputers.drawing import check_multiple, draws_by_models, method_with_draws
from mirimpute.imputers.multiple import check_jobs
from mirimpute.imputers.opening import Fit, Opened, opened
from mirimpute.imputers.options import Options, check_word, one_line
from mirimpute.imputers.predictor_choice import check_predictors, predictors_of
from mirimpute.imputers.saving import State
from mirimpute.imputers.seeds import checked_draws, seed_of, stream_of
from mirimpute.imputers.table_model import Lesson, TableModel, draws_of_models
from mirimpute.methods.device import torch_device
from mirimpute.table.room import check_room
from mirimpute.table.wild import Fences

if TYPE_CHECKING:
    from mirimpute.methods.base import Method
    from mirimpute.table.columns import Column
    from mirimpute.table.large_wholes import LargeWholes
    from mirimpute.types import Array, Progress

OUTPUTS = ("point", "draw")
_NESTED = "parameters__"


class BaseImputer(TransformerMixin, BaseEstimator):
    """An imputer of scikit-learn's kind; subclasses say which method and which options.

    Attributes:
        n_features_in_, feature_names_in_: as scikit-learn has them.
        columns_: name, kind and categories of each column that the method gets.
        trace_: one dict per round of the fit.
        notes_: what a reader of the result should know.
    """

    parameters: Mapping[str, Any] | None
    output: str = "point"
    shrinkage: float = 1.0
    device: str = "cpu"
    random_state: Any = None

    _model: TableModel
    _state: State
    _choice: ColumnChoice

    columns_: tuple[Column, ...]
    notes_: tuple[str, ...]
    trace_: list[dict[str, Any]]

    @abstractmethod
    def _method(self) -> Method:
        """Return the method with its parameters, checked; raises UserError."""

    def _options(self) -> Options:
        """Return what the user says of the table."""
        return Options()

    def _relations(self, lesson: Lesson) -> list[str]:
        """Return what whole rows keep to and filled cells may not, where the user can ask for it."""
        return []

    def _progress(self, lesson: Lesson, n_models: int = 0, n_jobs: int | None = None) -> Progress:
        """Return what is told how far the work is, of one model or of several."""
        from mirimpute.types import no_progress

        return no_progress

    def fit(self, X: Any, y: Any = None) -> BaseImputer:
        """Learn from the rows of ``X`` (n_rows, n_columns); ``y`` is ignored.

        Raises:
            ValueError: a parameter without a meaning, a column without any value or of text, infinite values, fewer
                than 2 rows.
        """
        method, options = self._checked(), self._options()
        table = opened(self, X, options, None)
        lesson = self._lesson(method, table)
        odd = [] if lesson.constraints is None else lesson.constraints.sentences(table.x, table.rows)
        model = TableModel.of(lesson, seed_of(self.random_state), self._progress(lesson))
        self._set(model, table.choice, _wholes(table))
        said = [*self._wild(table), *odd, *self._relations(lesson)]
        self.notes_ = (*self.notes_, *said)
        warn(said)
        return self

    def _checked(self) -> Method:
        """Return the method; errors as :meth:`fit`."""
        check_word("output", self.output, OUTPUTS)
        self._options().check()
        if self.parameters is not None and not isinstance(self.parameters, Mapping):
            raise UserError(f"parameters={one_line(self.parameters)} is no dict: give one such as {{'rounds': 3}}")
        method = self._method()
        check_predictors(method, self._options().predictors)
        if not isinstance(self.device, str):
            raise UserError(f"device={one_line(self.device)} is no text: give 'cpu' or 'cuda'")
        if self.device != "cpu":  # to ask for others takes torch, which many methods do without
            torch_device(self.device)
        return method

    def _lesson(self, method: Method, table: Opened) -> Lesson:
        """Return what the method learns from."""
        constraints = constraints_of(table.x, table.columns, table.choice, table.options)
        of_groups = (table.groups, table.options.group)
        predictors = predictors_of(table.options.predictors, table.choice)
        censored = self._censored(table, constraints)
        return Lesson(method, table.x, table.columns, constraints, *of_groups, self.device, predictors, censored)

    def _censored(self, table: Opened, constraints: Constraints | None) -> Censored | None:
        if constraints is None or not table.options.censored:
            return None
        return Censored.of(table.x, table.columns, table.censored, constraints.limits, table.rows)

    def _set(self, model: TableModel, choice: ColumnChoice, wholes: Mapping[int, LargeWholes]) -> None:
        state = replace(model.state, wholes=wholes)
        self._model, self._state, self._choice = replace(model, state=state), state, choice
        self.columns_, self.trace_, self.notes_ = state.columns[: model.d], state.trace, state.notes

    def transform(self, X: Any) -> Any:
        """Return ``X`` (n_rows, n_columns) completed: by the point estimate, or by one draw with ``output="draw"``.

        The estimate of a category is the most probable one. Of a DataFrame, the answer is one.

        A row gets the same answer alone, in a batch or on another day. Its noise is a function of the fitted model, of
        what the row holds and of its number among equal rows of the call: rows that differ, and repeated ones, get
        independent draws, and the estimates of repeated ones, which are means over draws, differ a little. Drawn
        values of columns whose values repeat are observed ones, bit by bit.
        """
        self._checked()
        table, point, draws = self._completed(X, int(self.output == "draw"), 0)
        default = _get_output_config("transform", self)["dense"] == "default"
        return table.written(draws[0] if self.output == "draw" else point, self._state.wholes, default)

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
        self._checked()
        table, _, draws = self._completed(X, checked_draws(n_draws), stream_of(random_state))
        return [table.written(draw, self._state.wholes) for draw in draws]

    def impute_multiple(self, X: Any, n_draws: int = 20, *, n_jobs: int | None = None) -> list[Any]:
        """Return ``n_draws`` completions of ``X``, each a draw of a model of its own: proper multiple imputation.

        mirf takes a fit to all rows, which chooses, and ``n_draws`` shorter ones to rows drawn with replacement, see
        :mod:`mirimpute.imputers.multiple`; ``mirf_fast`` may be enough. The methods of chained
        equations take one fit, whose chains never see each other. The imputer itself stays as it is. How often
        intervals pooled over the draws cover: ``make adem``, ``benchmarks/coverage.md``. A warning tells in which
        columns of numbers draws lie outside of the observed range.

        Args:
            X: (n_rows, n_columns), NaN where missing; at least 4 rows.
            n_draws: how many.
            n_jobs: models that are fitted at the same time, each on one thread, in processes as joblib has them (-1:
                as many as cores; None: one). The results are the same, bit by bit, for any. Chained equations: of no
                effect, their chains are computed together.

        Returns:
            A list of arrays, or of DataFrames when ``X`` is one.

        Raises:
            ValueError: see :meth:`fit`; a method that cannot, before any work.
        """
        n_draws, method = checked_draws(n_draws), self._checked()
        check_multiple(method)
        check_jobs(n_jobs)
        table = opened(clone(self), X, self._options(), None)
        _check_room(table, n_draws)
        if draws_by_models(method):
            method = method_with_draws(method.name, self.parameters, n_draws)
        lesson, seed = self._lesson(method, table), seed_of(self.random_state)
        odd = [] if lesson.constraints is None else lesson.constraints.sentences(table.x, table.rows)
        wild = Fences.of(table.x, table.columns).sentences(table.x, table.columns, table.rows)
        warn([*wild, *table.lost_limits(), *odd])
        if draws_by_models(method):
            model = TableModel.of(lesson, seed, self._progress(lesson))
            found = iter(model.complete(table.x, table.groups, n_draws, 0, censored=lesson.censored)[1])
        else:
            found = draws_of_models(lesson, n_draws, seed, n_jobs, self._progress(lesson, n_draws, n_jobs))
        return [table.written(draw, _wholes(table)) for draw in list(lesson.told(found))]

    def _completed(self, X: Any, n_draws: int, stream: int) -> tuple[Opened, Array, Array]:
        """Return a table, its point estimate (n, d) and draws (n_draws, n, d); observed cells keep their bits."""
        check_is_fitted(self)
        table = opened(self, X, self._options(), Fit(self._choice, self.columns_))
        _check_room(table, n_draws)
        constraints = self._model.constraints
        odd = [] if constraints is None else constraints.sentences(table.x, table.rows)
        warn([*self._wild(table), *table.lost_limits(), *(each for each in odd if each not in self.notes_)])
        censored = self._censored(table, constraints)
        point, draws, said = self._model.complete(table.x, table.groups, n_draws, stream, self.shrinkage, censored)
        warn(map(str, said))
        return table, point, draws

    def _wild(self, table: Opened) -> list[str]:
        """Return a sentence for each column of a table with wild cells."""
        inputs = self._model.inputs(table.x, table.groups)
        return self._state.encoding.fences.sentences(inputs, self._state.columns, table.rows)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns of the result."""
        from sklearn.utils.validation import _check_feature_names_in

        check_is_fitted(self)
        names = np.asarray(_check_feature_names_in(self, input_features), dtype=object)
        return self._choice.names_of_result(names, self._options())

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; with ``deep`` those of the method too, as ``parameters__<name>``."""
        found: dict[str, Any] = super().get_params(deep=deep)
        if deep and isinstance(self.parameters, Mapping):
            found |= {f"{_NESTED}{name}": value for name, value in self.parameters.items()}
        return found

    def set_params(self, **params: Any) -> BaseImputer:
        """Set parameters; ``parameters__<name>`` sets one of the method, whether it was given before or not."""
        nested = {name: params.pop(name) for name in list(params) if name.startswith(_NESTED)}
        super().set_params(**params)
        for name, value in nested.items():
            self.parameters = _with(self.parameters or {}, name.removeprefix(_NESTED).split("__"), value)
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_state")


def _wholes(table: Opened) -> dict[int, LargeWholes]:
    """Return the whole numbers of a table that no float64 holds."""
    from mirimpute.table.large_wholes import large_wholes_of

    return large_wholes_of(table.part, table.columns) if hasattr(table.part, "iloc") else {}


def _with(given: Mapping[str, Any], names: list[str], value: Any) -> dict[str, Any]:
    """Return a dict with one value set, however deep in it; the given one stays as it is."""
    first, *rest = names
    return {**given, first: _with(given.get(first) or {}, rest, value) if rest else value}


def _check_room(table: Opened, n_draws: int) -> None:
    """Refuse more draws of a table than there is memory for."""
    check_room(8.0 * (1 + n_draws) * table.x.size, f"n_draws={n_draws} of this table", "ask for fewer")
