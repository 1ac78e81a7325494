"""Holes fitted to the table's own: which columns go missing together, and by which values."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal
from mirimpute.amputation.own_patterns import incomplete_columns, like_own_holes
from mirimpute.amputation.predictors import features
from mirimpute.numerics.ridge_logit import Dense, ridge_logit

_PREDICTORS = 100  # of each column at most: those of the largest covariance with its missing cells
_RIDGE = 1.0
_STEPS = 10  # of Newton, from the log-odds of the column: to 1e-11 on titanic, adult and where holes are certain


@dataclass
class Fitted(Mechanism):
    """The distribution of the table's own holes is learnt, and cells that are there go missing by it.

    P(x_ij missing) = sigmoid(f_j(z_i) + b_j), z the standardised columns that miss nothing, f_j the ridge logit of the
    table's own missing cells of column j on them (ridge 1 on weights of standardised columns). Columns that are missing
    together go together, as in :class:`~mirimpute.amputation.copying.Copy`, and the rate is a share of each incomplete
    column. Only complete columns decide, and these stay observed: the new holes are missing at random. Where no column
    is complete the holes depend on no value.

    Learning the holes of a table to make more of them: Qolmat's hole generators, which learn lengths of gaps in time.
    """

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the fitted log-odds, with the patterns that go together.

        Raises:
            UserError: the table has no missing cell.
        """
        missing = np.isnan(values)
        columns = incomplete_columns(missing, self.name)
        log_odds = np.zeros(values.shape)
        complete = np.flatnonzero(~missing.any(axis=0))
        if complete.size:
            z = np.hstack([features(values[:, column], categorical[column]) for column in complete])
            log_odds[:, columns] = fitted_log_odds(z, missing[:, columns])
        proposal = like_own_holes(missing, log_odds, rng)
        if complete.size == 0:
            return replace(proposal, notes=("no column is complete: the holes depend on no value",))
        return proposal


def fitted_log_odds(z: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Return the ridge logit of each column of ``missing`` on ``z``, without its intercept.

    Args:
        z: float64 (n_rows, p), standardised.
        missing: bool (n_rows, k), no column all False.

    Returns:
        float64 (n_rows, k).
    """
    result = np.zeros(missing.shape)
    for column, y in enumerate(missing.T.astype(float)):
        if y.all():
            continue  # nothing is left to hide
        covariance = np.abs(z.T @ (y - y.mean()))
        used = np.sort(np.argsort(-covariance, kind="stable")[:_PREDICTORS])
        x = np.column_stack([np.ones(len(z)), z[:, used]])
        ridge = np.array([0.0] + [_RIDGE] * used.size)
        level = np.full(len(z), np.log(y.mean() / (1 - y.mean())))
        found = ridge_logit(Dense(x), y[None], ridge, _STEPS, start=np.zeros((1, x.shape[1])), level=level)
        result[:, column] = z[:, used] @ found.weights[0, 1:]
    return result
