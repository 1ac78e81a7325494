"""`Imputer`: any method of the registry as a scikit-learn transformer, with what an analyst asks of a table."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import UserError
from mirimpute.imputers.base import BaseImputer
from mirimpute.imputers.options import Options, one_line
from mirimpute.imputers.seeds import checked_draws

if TYPE_CHECKING:
    import pandas as pd

    from mirimpute.imputers.intervals import Interval
    from mirimpute.imputers.opening import Opened
    from mirimpute.imputers.table_model import Lesson
    from mirimpute.methods.base import Method
    from mirimpute.types import Array, Progress


class Imputer(BaseImputer):
    """Complete missing values by any method: ``Imputer("mice")``, ``Imputer("missforest", bounds={"age": (0, None)})``.

    Tables and types: as for :class:`mirimpute.MirfImputer`; tables of polars and of Arrow come back as such.
    Observed cells are never changed. mirf and its variants, mean and knn complete rows that they were not fitted on,
    and so work inside of cross-validation; all others complete the table of the fit alone (``fit_transform``).

    Options name columns by their names, of arrays by their numbers. ``docs/imputing.md`` shows each.

    Args:
        method: a name of :data:`mirimpute.methods.presets.PRESETS`, such as "mice", "missforest", "gaussian_em"; or a
            :class:`mirimpute.methods.base.Method` of your own.
        parameters: of a method that is named, to set otherwise: ``{"rounds": 3}``; ``set_params(parameters__rounds=3)``
            sets one.
        output: what ``transform`` returns: "point" (the estimate of the mean, or the one answer) or "draw".
        missing_values: what marks a missing cell beside NaN, None and NA: a value, a list, or a dict of them by column.
        kinds: column -> "continuous", "integer", "categorical", "ordinal", "datetime", "duration", or its categories in
            their order; others by :mod:`mirimpute.table.kinds`.
        ignore: columns that the method does not get, such as ids and text; they stay as they are.
        exclude: columns that stay as they are though the method gets them. In R's mice such a column predicts others
            where it is observed; here too, for its holes are completed inside of the method and stay holes outside.
        censored: columns of numbers that may hold limits as texts, ``<0.3``, ``<=0.3``, ``>500``: such a cell is
            filled, in points and draws, by a value inside of its own limit (:mod:`mirimpute.imputers.censoring`).
        where: boolean table of the same rows, an array or a DataFrame of some columns: missing cells that are to be
            filled. Others stay missing. An observed cell keeps its value whatever it says.
        group: column of groups, such as hospitals: for each column with missing numbers the method gets the means of
            the groups, shrunk as a random intercept is (:mod:`mirimpute.imputers.group_means`), no more than that. The
            column itself stays as it is.
        bounds: column -> (lowest, highest), None for open: filled cells, points and draws, are inside. Those outside
            become the nearest value inside (:mod:`mirimpute.imputers.number_limits`). Dates as "2020-12-31".
        min_value, max_value: bounds of all columns of numbers, or one for each column, as scikit-learn has them.
        integers: "auto": columns whose observed values are all whole get whole numbers, and those of multiples, such
            as of 100, multiples (:mod:`mirimpute.numerics.common_step`); or a list of columns that get whole numbers;
            False: only columns of an integer type do.
        sum_to: tuple of columns -> what they sum to in each row that is filled (:mod:`mirimpute.imputers.sums`).
        order: tuples of columns, of which earlier ones are never larger in a row that is filled
            (:mod:`mirimpute.imputers.order`).
        derived: column -> formula of others, such as ``{"bmi": "weight / height**2"}``
            (:mod:`mirimpute.imputers.derived`).
        predictors: column -> columns that may predict it, such as ``{"bmi": ["age", "sex"]}``; others are predicted
            from all. R's mice has a matrix of them. For methods that go column by column: mice, missforest, ice.
        add_indicator: also return, behind the others, a column for each with holes in the fit: which cells are empty.
        keep_empty_features: columns without any value: False leaves them out, True fills numbers with 0.
        unseen: see :class:`mirimpute.MirfImputer`.
        verbose: 1: print to stderr how long the work will take, where that is more than twenty seconds, and then once
            a minute how far it is and what is left.
        device: torch device, "cpu" or "cuda".
        random_state: seed (int), ``RandomState`` or None.

    Attributes:
        n_features_in_, feature_names_in_: columns seen in ``fit``, and their names, where it was given some.
        columns_: name, kind and categories of each column that the method gets.
        trace_: one dict per round of the fit.
        notes_: what a reader of the result should know, such as observed values outside of their bounds.

    >>> import numpy as np
    >>> x = np.array([[1.0, 2.0], [2.0, np.nan], [3.0, 6.0], [4.0, 8.0], [np.nan, 10.0]])
    >>> Imputer("ice", integers=False).fit_transform(x).round(1).tolist()[1:5:3]
    [[2.0, 4.0], [5.0, 10.0]]
    """

    def __init__(
        self,
        method: str | Method = "mirf",
        *,
        parameters: Mapping[str, Any] | None = None,
        output: str = "point",
        missing_values: Any = np.nan,
        kinds: Mapping[Any, Any] | None = None,
        ignore: Sequence[Any] | None = None,
        exclude: Sequence[Any] | None = None,
        censored: Sequence[Any] | None = None,
        where: Any = None,
        group: Any = None,
        bounds: Mapping[Any, Any] | None = None,
        min_value: Any = None,
        max_value: Any = None,
        integers: Any = "auto",
        sum_to: Mapping[Any, Any] | None = None,
        order: Sequence[Any] | None = None,
        derived: Mapping[Any, Any] | None = None,
        predictors: Mapping[Any, Any] | None = None,
        add_indicator: bool = False,
        keep_empty_features: bool = False,
        unseen: str = "error",
        verbose: int = 0,
        device: str = "cpu",
        random_state: Any = None,
    ) -> None:
        self.method = method
        self.parameters = parameters
        self.output = output
        self.missing_values = missing_values
        self.kinds = kinds
        self.ignore = ignore
        self.exclude = exclude
        self.censored = censored
        self.where = where
        self.group = group
        self.bounds = bounds
        self.min_value = min_value
        self.max_value = max_value
        self.integers = integers
        self.sum_to = sum_to
        self.order = order
        self.derived = derived
        self.predictors = predictors
        self.add_indicator = add_indicator
        self.keep_empty_features = keep_empty_features
        self.unseen = unseen
        self.verbose = verbose
        self.device = device
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, **weights: Any) -> Imputer:
        """Learn from the rows of ``X`` (n_rows, n_columns); ``y`` is ignored, and ``weights`` are refused.

        Raises:
            ValueError: an option without a meaning or that does not suit the table; ``sample_weight``, which no method
                takes; see also :meth:`mirimpute.MirfImputer.fit`.
            ImputationError: the method failed on this table.
        """
        if weights:
            raise UserError(
                f"fit got {', '.join(sorted(weights))}, and no method here learns from weighted rows: leave it out, or "
                "repeat rows as often as they count"
            )
        super().fit(X, y)
        return self

    def interval(self, X: Any, level: float = 0.9, *, n_draws: int | None = None) -> Interval:
        """Return an interval for each missing cell of numbers, dates and durations that is filled.

        Its ends are quantiles of draws of the one fitted model, all of which keep to bounds, sums, orders and formulas;
        that the model is not known exactly is not in it.

        Args:
            X: (n_rows, n_columns), NaN where missing.
            level: in (0, 1).
            n_draws: that it rests on (None: 20, or as many more as the level takes).

        Raises:
            ValueError: a method that does not draw or keeps too few draws, a level that is none.
        """
        from mirimpute.imputers.intervals import draws_needed, interval_of

        table, draws = self._drawn(X, draws_needed(level) if n_draws is None else n_draws)
        names = table.choice.used_names
        return interval_of(draws, table.wanted, table.columns, float(level), names, table.rows)

    def predict_std(self, X: Any, *, n_draws: int = 20) -> pd.DataFrame:
        """Return the standard deviation over draws of each missing cell that is filled, a DataFrame (n_rows, d).

        Columns are those that the method gets; observed cells and categories are empty, that of a date is a duration.

        Args:
            X: (n_rows, n_columns), NaN where missing.
            n_draws: that it rests on; 2 or more.

        Raises:
            ValueError: a method that does not draw, or keeps fewer draws.
        """
        from mirimpute.imputers.intervals import deviation_of

        if checked_draws(n_draws) < 2:
            raise UserError("n_draws=1 is too few for a standard deviation: give 2 or more")
        table, draws = self._drawn(X, n_draws)
        return deviation_of(draws, table.wanted, table.columns, table.choice.used_names, table.rows)

    def _drawn(self, X: Any, n_draws: Any) -> tuple[Opened, Array]:
        self._checked()
        table, _, draws = self._completed(X, checked_draws(n_draws), 0)
        return table, draws

    def _method(self) -> Method:
        from mirimpute.errors import unknown
        from mirimpute.methods.base import Method
        from mirimpute.methods.presets import PRESETS, named_method

        if isinstance(self.method, Method):
            if self.parameters:
                raise UserError(
                    f"parameters={one_line(self.parameters)} change a method that is named, and "
                    f"{self.method.name!r} is given whole: set them in it"
                )
            self.method.check()
        elif isinstance(self.method, type) and issubclass(self.method, Method):
            name = self.method.__name__
            raise UserError(f"method={name} is a class: give an instance of it, {name}(...)")
        elif not isinstance(self.method, str):
            raise UserError(
                f"method={one_line(self.method)} is no name: give one of {', '.join(sorted(PRESETS))}, or an instance "
                "of a subclass of mirimpute.methods.base.Method"
            )
        if not isinstance(self.verbose, int) or self.verbose < 0:
            raise UserError(f"verbose={one_line(self.verbose)} is no level: give 0 or 1")
        if isinstance(self.method, Method):
            return copy(self.method)
        if self.method not in PRESETS:
            raise unknown("method", self.method, PRESETS)
        return named_method(self.method, self.parameters)

    def _options(self) -> Options:
        def given(name: str, default: Any) -> Any:
            value = getattr(self, name)
            return default if value is None else value

        nothing = self.missing_values is None or (
            isinstance(self.missing_values, float) and np.isnan(self.missing_values)
        )
        return Options(
            unseen=self.unseen,
            missing_values=None if nothing else self.missing_values,
            **{name: given(name, {}) for name in ("kinds", "bounds", "sum_to", "derived", "predictors")},
            **{name: given(name, ()) for name in ("ignore", "exclude", "censored", "order")},
            **{
                name: getattr(self, name)
                for name in ("where", "group", "min_value", "max_value", "integers", "add_indicator")
            },
            keep_empty_features=self.keep_empty_features,
        )

    def _relations(self, lesson: Lesson) -> list[str]:
        from mirimpute.imputers.relations import relations_in

        asked = self._options()
        moved = [*asked.derived, *(name for names in (*asked.sum_to, *asked.order) for name in names)]
        return relations_in(lesson.x, lesson.columns, list(map(str, moved)), shell=False)

    def _progress(self, lesson: Lesson, n_models: int = 0, n_jobs: int | None = None) -> Progress:
        if not self.verbose:
            return super()._progress(lesson)
        from mirimpute.imputers.forecast import forecast_of_fit, forecast_of_models
        from mirimpute.imputers.time_left import Clock, Lines

        ahead = forecast_of_models(lesson, n_models, n_jobs) if n_models else forecast_of_fit(lesson)
        if ahead is not None:
            print(f"mirimpute: {ahead.sentence(lesson.method.name)}", file=sys.stderr)
        return Lines("mirimpute", Clock(ahead))
