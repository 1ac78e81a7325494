"""How probable it was, given the rest of its row, that a cell is missing: rows of the same chance should look alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.diagnostics.completions import Completions, features

FOLDS = 5
LEAST = 10
"""Missing and observed cells that a column needs."""
MOST_ROWS = 5_000


@dataclass(frozen=True)
class Propensity:
    """Chances that a column is missing.

    Attributes:
        column: number of the column.
        rows: int (k,), those that were used.
        chance: float64 (k,), out of fold.
        auc: area under the ROC curve; 0.5 where the rest of the row says nothing.
    """

    column: int
    rows: np.ndarray
    chance: np.ndarray
    auc: float


def propensity(completions: Completions, column: int) -> Propensity | str:
    """Return the chance that each cell of a column is missing given the completed others, or why there is none.

    Logistic regression with a ridge, each row by a model of the other four fifths. Given the chance, imputed and
    observed values should have the same distribution if the column is missing at random (van Buuren 2018, section 6.6).
    Of more than 5,000 rows, 5,000 stand for all.

    Args:
        completions: the table before and after.
        column: number of the column.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    from mirimpute.numerics.thinning import evenly_spaced

    rows = evenly_spaced(len(completions.before), MOST_ROWS)
    missing = completions.missing[rows, column]
    if min(missing.sum(), (~missing).sum()) < LEAST:
        return f"it takes {LEAST} missing and {LEAST} observed cells"
    inputs = features(completions, completions.shown[rows], column)
    if not inputs.shape[1]:
        return "there is no other column"
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    chance = cross_val_predict(LogisticRegression(max_iter=500), inputs, missing, cv=folds, method="predict_proba")[
        :, 1
    ]
    return Propensity(column, rows, chance, float(roc_auc_score(missing, chance)))
