"""How good a completed table is for training a model: `downstream_boosted`, `downstream_linear`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison, Undefined
from mirimpute.seeding import generator, integer_seed

MOST_ROWS = 10_000
MOST_CLASSES = 20
"""A target of whole numbers or names with at most so many values is a class, every other a number."""
_TRAINED_ON = 0.7
_FEWEST_ROWS = 30
_FEWEST_OF_CLASS = 2

Truth, Mean = "truth", "mean"


def ratio(comparison: Comparison, model: str, reference: str) -> float:
    """Return error(trained on the completed table) / error(trained on the reference), both tested on true rows.

    The rows whose truth is known are split 70/30, in the same way for every method: the models are trained on the first
    part and tested on the true rows of the second. The error is the RMSE of a number and the log loss of a class. 1
    says that the completed table is as good to train on as the reference.

    Args:
        comparison: truth, completed table and target.
        model: "boosted" (histogram gradient boosting) or "linear" (ridge or logistic regression).
        reference: "truth" or "mean".

    Raises:
        Undefined: the dataset has no target, too few rows, or one class only.
    """
    own = _errors(comparison, "imputed")[model]
    return float(own / _errors(comparison, reference)[model])


def is_class(target: np.ndarray) -> bool:
    """Return whether a target is a class: names, or whole numbers with at most 20 values.

    >>> is_class(np.array(["a", "b"])), is_class(np.array([1.0, 2.0])), is_class(np.array([0.5, 2.0]))
    (True, True, False)
    """
    if not np.issubdtype(target.dtype, np.number):
        return True
    return bool((target == np.round(target)).all()) and len(np.unique(target)) <= MOST_CLASSES


def _errors(comparison: Comparison, table: str) -> dict[str, float]:
    return comparison.once(_ERRORS[table])


def _errors_of(comparison: Comparison, table: str) -> dict[str, float]:
    train, test, target = comparison.once(_split)
    x_train = _tables(comparison)[table]()[train]
    x_test = comparison.points_true[test]
    return {
        name: _error(model, x_train, target[train], x_test, target[test])
        for name, model in _models(is_class(target), comparison.rng_seed).items()
    }


_ERRORS: dict[str, Callable[[Comparison], dict[str, float]]] = {
    table: partial(_errors_of, table=table) for table in ("imputed", Truth, Mean)
}


def _split(comparison: Comparison) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows to train on, those to test on, and the target of all rows (0 where it is not known)."""
    target = comparison.target
    if target is None:
        raise Undefined("the dataset has no target to predict")
    numeric = np.issubdtype(target.dtype, np.number)
    known = np.isfinite(target) if numeric else np.array([value is not None and value == value for value in target])
    rows = np.flatnonzero(known & comparison.known.all(axis=1))
    rng = generator(comparison.rng_seed, "metrics", "downstream")
    rows = rng.permutation(rows)[:MOST_ROWS]
    cut = int(_TRAINED_ON * len(rows))
    if len(rows) < _FEWEST_ROWS:
        raise Undefined(f"{len(rows)} complete rows with a target are too few to train and test on")
    train, test = rows[:cut], rows[cut:]
    clean = np.where(known, target, 0.0) if numeric else np.where(known, target, "").astype(str)
    if is_class(clean):
        values, counts = np.unique(clean[train], return_counts=True)
        frequent = values[counts >= _FEWEST_OF_CLASS]
        train, test = (part[np.isin(clean[part], frequent)] for part in (train, test))
        if len(frequent) < 2:
            raise Undefined("the target has one class only")
    elif np.ptp(clean[train]) == 0:
        raise Undefined("the target is constant")
    return train, test, clean


def _tables(comparison: Comparison) -> dict[str, Callable[[], np.ndarray]]:
    def means() -> np.ndarray:
        widths = np.maximum(comparison.n_categories, 1)
        hidden = np.repeat(comparison.scored, widths, axis=1)
        observed = np.where(hidden, np.nan, comparison.points_true)
        return np.where(hidden, np.nanmean(observed, axis=0), comparison.points_true)

    return {"imputed": lambda: comparison.points_imputed, Truth: lambda: comparison.points_true, Mean: means}


def _models(classes: bool, rng_seed: int) -> dict[str, Any]:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    seed = integer_seed(rng_seed, "metrics", "downstream", "model") % 2**31
    boosted = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    linear = LogisticRegression(max_iter=1000) if classes else Ridge()
    return {
        "boosted": boosted(max_iter=100, early_stopping=False, random_state=seed),
        "linear": make_pipeline(StandardScaler(), linear),
    }


def _error(model: Any, x_train: np.ndarray, train: np.ndarray, x_test: np.ndarray, test: np.ndarray) -> float:
    from sklearn.metrics import log_loss, root_mean_squared_error

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a solver that stops early still gives a model
        fitted = model.fit(x_train, train)
    if is_class(train):
        return float(log_loss(test, fitted.predict_proba(x_test), labels=fitted.classes_))
    return float(root_mean_squared_error(test, fitted.predict(x_test)))


def _metric(model: str, reference: str) -> Metric[Comparison]:
    name = f"downstream_{model}" if reference == Truth else f"downstream_{model}_{reference}"
    words = {Truth: "the true table", Mean: "the table completed by column means"}[reference]
    kind, short = {"boosted": ("Gradient boosting", "boosting"), "linear": ("A linear model", "linear model")}[model]
    return Metric(
        name=name,
        label=f"{short}, error / on {'the truth' if reference == Truth else 'means'}",
        function=partial(ratio, model=model, reference=reference),
        higher_is_better=False,
        description=f"{kind} trained on the completed table, tested on true rows: its error over that with {words}.",
        formula=f"error(f_completed) / error(f_{reference}), RMSE of a number, log loss of a class, rows split 70/30",
        reference="HyperImpute 2022, section 5.4; Le Morvan & Varoquaux 2025",
        needs_target=True,
    )


DOWNSTREAM_BOOSTED, DOWNSTREAM_BOOSTED_MEAN = _metric("boosted", Truth), _metric("boosted", Mean)
DOWNSTREAM_LINEAR, DOWNSTREAM_LINEAR_MEAN = _metric("linear", Truth), _metric("linear", Mean)
