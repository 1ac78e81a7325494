"""`with_`: one model on each of several completed tables, and `pool` of what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from mirimpute.analysis.fitting import Fit, Model, fit_model
from mirimpute.analysis.joint_tests import JointTest, d1, d2
from mirimpute.errors import UserError, unknown
from mirimpute.imputers.pooling import Pooled, pool

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
"""Of confidence intervals."""


@dataclass(frozen=True)
class Analyses:
    """The same model on each of m completed tables.

    Attributes:
        formula: of the model.
        model: its name, or that of the function.
        terms: names of the coefficients.
        fits: one for each table.
    """

    formula: str
    model: str
    terms: tuple[str, ...]
    fits: tuple[Fit, ...]

    @property
    def estimates(self) -> np.ndarray:
        """The coefficients, float64 (m, terms)."""
        return np.stack([fit.estimate for fit in self.fits])

    @property
    def covariances(self) -> np.ndarray:
        """Their covariances in each table, float64 (m, terms, terms)."""
        return np.stack([fit.covariance for fit in self.fits])

    @property
    def df_complete(self) -> float:
        """Degrees of freedom of the analysis of one table."""
        return min(fit.df for fit in self.fits)

    def pooled(self) -> Pooled:
        """Return the estimates by Rubin's rules, each field (terms,); see :func:`mirimpute.pool`."""
        variances = np.diagonal(self.covariances, axis1=1, axis2=2)
        return pool(self.estimates, variances, self.df_complete)

    def pool(self, level: float = LEVEL, *, exponentiate: bool = False) -> pd.DataFrame:
        """Return the pooled table, a line for each term.

        Rubin's rules with the degrees of freedom of Barnard & Rubin (1999), as R's ``mice::pool`` has them. A Cox
        model's degrees of freedom are its events less its terms.

        Args:
            level: of the confidence interval.
            exponentiate: give odds, rate or hazard ratios: ``estimate``, ``low`` and ``high`` are exponentials, and
                ``se`` stays that of the logarithm.

        Returns:
            Columns ``term``, ``estimate``, ``se``, ``statistic`` (estimate / se), ``df``, ``p`` (two-sided), ``low``
            and ``high`` (ends of the interval), ``fmi`` (fraction of the information that is missing) and ``lambda``
            (share of the variance that is due to missing values).

        Raises:
            ValueError: ``level`` is outside (0, 1).
        """
        import pandas as pd

        found = self.pooled()
        low, high = found.interval(level)
        se = np.sqrt(found.variance)
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = found.estimate / se
        shown = np.exp if exponentiate else np.asarray
        return pd.DataFrame(
            {
                "term": self.terms,
                "estimate": shown(found.estimate),
                "se": se,
                "statistic": statistic,
                "df": found.df,
                "p": 2 * stats.t.sf(np.abs(statistic), found.df),
                "low": shown(low),
                "high": shown(high),
                "fmi": found.fraction_missing,
                "lambda": found.variance_share,
            }
        )

    def d1(self, terms: str | Iterable[str] | None = None) -> JointTest:
        """Test whether several coefficients are zero together, by pooled estimates (Li et al. 1991; Reiter 2007).

        Args:
            terms: names of coefficients, or of a variable that stands for all of its coefficients (``"age"`` for
                ``C(age)[T.40-59]`` and ``C(age)[T.60-99]``); None: all but the intercept.

        Raises:
            UserError: no such term.
        """
        places = self._places(terms)
        names = tuple(self.terms[k] for k in places)
        return d1(names, self.estimates[:, places], self._covariances(places), self.df_complete)

    def d2(self, terms: str | Iterable[str] | None = None) -> JointTest:
        """Test the same by the Wald statistics of the tables, pooled (Li et al. 1991); weaker than :meth:`d1`.

        Args:
            terms: as of :meth:`d1`.

        Raises:
            UserError: no such term.
        """
        places = self._places(terms)
        names = tuple(self.terms[k] for k in places)
        return d2(names, self.estimates[:, places], self._covariances(places))

    def _covariances(self, places: list[int]) -> np.ndarray:
        return self.covariances[:, places][:, :, places]

    def _places(self, terms: str | Iterable[str] | None) -> list[int]:
        if terms is None:
            found = [k for k, name in enumerate(self.terms) if name != "Intercept"]
            if not found:
                raise UserError(f"{self.formula!r} has nothing but an intercept: there is nothing to test")
            return found
        if not isinstance(terms, Iterable):
            raise UserError(f"terms={terms!r} is no name: give one or a list of {', '.join(self.terms)}")
        found = []
        for wanted in [terms] if isinstance(terms, str) else terms:
            places = [k for k, name in enumerate(self.terms) if wanted in (name, *_variables(name))]
            if not places:
                raise unknown("term", wanted, self.terms)
            found += [k for k in places if k not in found]
        if not found:
            raise UserError("terms names none: give the names of coefficients, or leave it out for all")
        return found


def with_(tables: Sequence[pd.DataFrame], formula: str, model: Model = "ols", *, status: str | None = None) -> Analyses:
    """Fit a model to each of several completed tables.

    Args:
        tables: two or more completed DataFrames with the same rows, such as those of
            :meth:`mirimpute.MirfImputer.impute_multiple`. Tables of one model's draws
            (:meth:`mirimpute.MirfImputer.sample`) give standard errors that are too small.
        formula: "outcome ~ a + C(b)", as statsmodels reads it; log, log2, log10, log1p, exp and sqrt can be called.
            Strings, booleans and pandas categories are categories without ``C()`` too.
        model: "ols" (linear), "logit" (the outcome has two values; the second, in the order of its levels, is the
            event), "poisson" (counts) or "cox" (the outcome is a time; ties by Efron), or a function of formula and
            table that returns a fitted statsmodels model.
        status: of a Cox model, the column that is 1 where the event happened and 0 where it was censored.

    Raises:
        UserError: fewer than two tables, columns that are absent or still have missing values, a formula that cannot
            be read, terms that a table does not identify, or different terms in different tables.

    >>> import pandas as pd
    >>> tables = [pd.DataFrame({"y": [1.0, 2.0, 4.0, shift], "a": [0.0, 1.0, 2.0, 3.0]}) for shift in (4.0, 5.0, 6.0)]
    >>> with_(tables, "y ~ a").pool()[["term", "estimate"]].round(3).values.tolist()
    [['Intercept', 0.9], ['a', 1.4]]
    """
    _check_tables(tables)
    if isinstance(model, str) and model != "cox" and status is not None:
        raise UserError(f"status={status!r} has a meaning for model='cox' only: leave it out of model={model!r}")
    fits = tuple(fit_model(table, formula, model, status, number) for number, table in enumerate(tables, start=1))
    for number, fit in enumerate(fits, start=1):
        if fit.terms != fits[0].terms:
            odd = sorted(set(fit.terms) ^ set(fits[0].terms))
            raise UserError(
                f"table {number} has other terms than table 1 ({', '.join(odd)}): a category occurs in some tables "
                "only; merge it with another, or make its column a pandas category without it"
            )
    name = model if isinstance(model, str) else getattr(model, "__name__", "a function")
    return Analyses(formula, name, fits[0].terms, fits)


def _check_tables(tables: Any) -> None:
    if hasattr(tables, "columns") or not hasattr(tables, "__len__"):
        raise UserError(
            f"tables is a {type(tables).__name__}: give a list of completed DataFrames, such as of impute_multiple"
        )
    if len(tables) < 2:
        raise UserError(
            f"pooling needs 2 completed tables or more, and got {len(tables)}: give 20, such as of impute_multiple"
        )
    for number, table in enumerate(tables, start=1):
        if not hasattr(table, "iloc") or not hasattr(table, "columns"):
            raise UserError(f"table {number} is a {type(table).__name__}: give pandas DataFrames, formulas need names")
        if len(table) != len(tables[0]):
            raise UserError(
                f"table {number} has {len(table)} rows and table 1 has {len(tables[0])}: they are not completions of "
                "the same table"
            )


def _variables(term: str) -> tuple[str, ...]:
    """Return the names by which a coefficient of a variable may be called.

    >>> _variables("C(age)[T.40-59]"), _variables("hyp[T.yes]"), _variables("a:b")
    (('C(age)', 'age'), ('hyp',), ())
    """
    variable, bracket, _ = term.partition("[")
    if not bracket or ":" in term:
        return ()
    inner = variable[2:-1].partition(",")[0].strip() if variable.startswith("C(") and variable.endswith(")") else ""
    return (variable, inner) if inner else (variable,)
