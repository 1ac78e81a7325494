"""One model fitted to one completed table, by statsmodels."""

from __future__ import annotations

import keyword
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import UserError, counted, unknown
from mirimpute.types import lazy

if TYPE_CHECKING:
    import pandas as pd

statsmodels: Any = lazy("statsmodels.api")

Model = str | Callable[[str, Any], Any]
"""The name of a model, or a function of formula and table that returns a fitted statsmodels model."""

IN_FORMULAS: Mapping[str, Any] = {
    "np": np,
    **{name: getattr(np, name) for name in ("log", "log2", "log10", "log1p", "exp", "sqrt")},
}
"""What a formula may call, besides what every formula has: C, I, Q, center, standardize, bs, cr; ``np.log`` too."""


@dataclass(frozen=True)
class Fit:
    """What one completed table says.

    Attributes:
        terms: names of the coefficients.
        estimate: float64 (terms,).
        covariance: float64 (terms, terms), of the estimates.
        df: residual degrees of freedom: rows less terms; for a Cox model events less terms.
    """

    terms: tuple[str, ...]
    estimate: np.ndarray
    covariance: np.ndarray
    df: float


def fit_model(table: pd.DataFrame, formula: str, model: Model, status: str | None, number: int) -> Fit:
    """Fit ``model`` to a completed table.

    Args:
        table: with the columns that the formula names, complete.
        formula: outcome ~ terms.
        model: see :func:`mirimpute.analysis.analyses.with_`.
        status: of a Cox model, the column that is 1 where the event happened.
        number: of the table, from 1, for the sentence of an error.

    Raises:
        UserError: a name, a value or a formula that cannot be used, terms that are not identified, no convergence.
    """
    if "~" not in formula:
        raise UserError(f"formula {formula!r} has no '~': give one such as 'y ~ a + C(b)'")
    plain = _plain(table, formula, status, number)
    if isinstance(model, str):
        if model not in MODELS:
            raise unknown("model", model, MODELS)
        if model != "cox" and status is not None:
            raise UserError(f"status={status!r} has a meaning for model='cox' only: leave it out of model={model!r}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say, a check below says with the number of the table
        try:
            made = MODELS[model](formula, plain, status) if isinstance(model, str) else model(formula, plain)
        except UserError:
            raise
        except Exception as error:  # whatever patsy and statsmodels raise for a formula or values that they cannot use
            odd = [each for each in map(str, used_columns(table, formula, status)) if not _is_word(each)]
            if odd and f"Q({odd[0]!r})" not in formula:
                raise UserError(
                    f"formula {formula!r} cannot be read, the name of column {odd[0]!r} is no word: give it as "
                    f"Q({odd[0]!r})"
                ) from error
            absent = _absent_name(error)
            if absent:
                raise UserError(f"formula {formula!r}: {unknown('column', absent, map(str, table.columns))}") from error
            raise UserError(
                f"formula {formula!r} cannot be fitted to table {number} ({type(error).__name__}: "
                f"{str(error).splitlines()[0] if str(error) else 'no reason given'}): "
                f"its columns are {', '.join(map(repr, table.columns))}"
            ) from error
    return _checked(made, model, formula, number)


def _is_word(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _absent_name(error: BaseException | None) -> str:
    """Return the name that a formula holds and nothing has, "" where the error is of something else."""
    while error is not None:
        if isinstance(error, NameError):
            return error.name or ""
        error = error.__cause__ or error.__context__
    return ""


def used_columns(table: pd.DataFrame, formula: str, status: str | None = None) -> list[Any]:
    """Return the columns that ``formula`` names.

    >>> import pandas as pd
    >>> used_columns(pd.DataFrame(columns=["y", "a", "aa", "my b"]), "y ~ aa + Q('my b')")
    ['y', 'aa', 'my b']
    """
    return [name for name in table.columns if _named(str(name), formula) or (status is not None and name == status)]


def _named(name: str, formula: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", formula) is not None


def _plain(table: pd.DataFrame, formula: str, status: str | None, number: int) -> pd.DataFrame:
    """Return the columns that the formula names, in types that formulas understand."""
    import pandas as pd

    if status is not None and status not in table.columns:
        raise unknown("column for status", status, map(str, table.columns), f"table {number}")
    used = table[used_columns(table, formula, status)]
    missing = used.isna().sum()
    for name, count in missing[missing > 0].items():
        raise UserError(
            f"column {name!r} of table {number} has {counted(int(count), 'missing value')}: complete it first, an "
            "analysis would leave these rows out"
        )
    plain = {}
    for name, column in used.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            plain[name] = column.cat.remove_unused_categories()
        elif pd.api.types.is_bool_dtype(column.dtype):
            plain[name] = column.astype(bool)
        elif pd.api.types.is_numeric_dtype(column.dtype):
            plain[name] = column.astype(float)
        else:
            plain[name] = column.astype(object)
    return pd.DataFrame(plain, index=table.index)


def _ols(formula: str, table: pd.DataFrame, status: str | None) -> Any:
    from statsmodels.formula import api

    return api.ols(formula, table, eval_env=dict(IN_FORMULAS)).fit()


def _logit(formula: str, table: pd.DataFrame, status: str | None) -> Any:
    return _glm(formula, _with_events(formula, table), statsmodels.families.Binomial())


def _poisson(formula: str, table: pd.DataFrame, status: str | None) -> Any:
    outcome = formula.partition("~")[0].strip()
    if outcome in table.columns:
        _check_counts(outcome, table[outcome])
    return _glm(formula, table, statsmodels.families.Poisson())


def _glm(formula: str, table: pd.DataFrame, family: Any) -> Any:
    from statsmodels.formula import api

    return api.glm(formula, table, family=family, eval_env=dict(IN_FORMULAS)).fit(tol=1e-10)


def _cox(formula: str, table: pd.DataFrame, status: str | None) -> Any:
    from statsmodels.formula import api

    if status is None:
        raise UserError("model='cox' needs status=, the column that is 1 where the event happened and 0 where not")
    event = table[status].astype(float)
    if not event.isin([0, 1]).all():
        raise UserError(f"status column {status!r} holds {_some(event)}: it must be 1 (event) or 0 (censored)")
    if not event.any():
        raise UserError(f"status column {status!r} has no event: a Cox model needs some")
    return api.phreg(formula, table, status=event.to_numpy(), ties="efron", eval_env=dict(IN_FORMULAS)).fit()


MODELS: Mapping[str, Callable[[str, Any, str | None], Any]] = {
    "ols": _ols,
    "logit": _logit,
    "poisson": _poisson,
    "cox": _cox,
}


def _with_events(formula: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the outcome as 0 and 1, the second of two categories being 1, as in R."""
    import pandas as pd

    outcome = formula.partition("~")[0].strip()
    if outcome not in table.columns:
        return table
    column = table[outcome]
    ordered = isinstance(column.dtype, pd.CategoricalDtype)
    levels = list(column.cat.categories) if ordered else sorted(column.unique())
    if len(levels) != 2:
        raise UserError(
            f"outcome {outcome!r} of model='logit' has {counted(len(levels), 'value')} ({_some(levels)}): give a "
            "column of two"
        )
    return table.assign(**{outcome: (column == levels[1]).astype(float)})


def _check_counts(name: str, column: pd.Series) -> None:
    bad = column[(column < 0) | (column % 1 != 0)] if column.dtype.kind == "f" else column
    if len(bad):
        raise UserError(f"outcome {name!r} of model='poisson' holds {_some(bad)}: counts are whole numbers from 0 on")


def _some(values: Any) -> str:
    distinct = list(dict.fromkeys(values))
    return ", ".join(map(repr, distinct[:3])) + (", ..." if len(distinct) > 3 else "")


def _checked(made: Any, model: Model, formula: str, number: int) -> Fit:
    """Return the fit, once it is one."""
    for name in ("params", "cov_params", "model"):
        if not hasattr(made, name):
            raise UserError(f"model returned a {type(made).__name__}: it must return a fitted statsmodels model")
    terms = tuple(map(str, made.model.exog_names))
    exog = np.asarray(made.model.exog, dtype=float)
    what = f"model={model!r}" if isinstance(model, str) else "the model"
    rank = int(np.linalg.matrix_rank(exog))
    if rank < exog.shape[1]:
        raise UserError(
            f"the {exog.shape[1]} terms of {formula!r} are not independent of one another in table {number} (their "
            f"rank is {rank}): leave out what follows from the others"
        )
    if len(exog) <= exog.shape[1]:
        raise UserError(f"{what} has {exog.shape[1]} terms and table {number} has {len(exog)} rows: use fewer terms")
    estimate, covariance = np.asarray(made.params, dtype=float), np.asarray(made.cov_params(), dtype=float)
    if estimate.size != len(terms):  # scale parameters of other models stand after the coefficients
        terms = (*terms, *(f"parameter {k + 1}" for k in range(len(terms), estimate.size)))
    if not getattr(made, "converged", True) or not np.isfinite(covariance).all() or (np.diag(covariance) < 0).any():
        raise UserError(f"{what} did not converge in table {number}: use fewer terms, or merge rare categories")
    separated = isinstance(model, str) and model in ("logit", "cox") and _separated(exog, estimate, terms)
    if separated:
        raise UserError(
            f"{what} predicts the outcome without an error in table {number} (term {separated!r}): its estimates are "
            "infinite; leave the term out, or merge rare categories"
        )
    df = float(_events(made) - estimate.size if model == "cox" else getattr(made, "df_resid", np.inf))
    return Fit(terms, estimate, covariance, max(df, 1.0))


_FARTHEST_LOG_ODDS = 15.0
"""Log-odds or log-hazards by which one standard deviation of a term moves the outcome only where it is separated."""


def _separated(exog: np.ndarray, estimate: np.ndarray, terms: tuple[str, ...]) -> str:
    """Return the term whose estimate has left every scale, or nothing."""
    moved = np.abs(estimate) * exog.std(axis=0)
    worst = int(moved.argmax())
    return terms[worst] if moved[worst] > _FARTHEST_LOG_ODDS else ""


def _events(made: Any) -> float:
    return float(np.asarray(made.model.status).sum())
