"""How well the pattern of missing cells can be predicted from completed rows: one cross-validated classifier.

A logistic regression for each column, the same for every method and every round. Of a row it reads the column's value
and its residual given the other columns (both as indicators of bins, in which a frequent value has a bin of its own),
or its category, and all values and their squares, categories as indicators. So it finds a mean, which is a repeated
value, the prediction of a regression, whose residual is zero, and draws from the wrong distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.numerics.binning import bin_edges
from mirimpute.numerics.residuals import residual_maker
from mirimpute.numerics.ridge_logit import Dense, ridge_logit
from mirimpute.numerics.thinning import evenly_spaced
from mirimpute.seeding import generator

LEAST = 10
"""Missing and observed cells that a column needs, or else it is left out."""
MOST_TARGETS = 16
MOST_INPUTS = 40
FOLDS = 5

FARTHEST = 100.0
"""Standard deviations beyond which a value counts as this."""

_CLIP = 4.0
_BINS = 8
_SLOTS = 12
_RIDGE = 2.0
_STEPS = 20
_SLOPES = np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0])


@dataclass(frozen=True)
class Predictability:
    """What the pattern and the rows say about each other.

    Attributes:
        auc: area under the ROC curve of the pattern of a column, mean over the columns; 0.5 is chance.
        auc_se: its standard error over rows.
        bits: sum over the columns of H(m_j) - cross-entropy of the classifier, in bits per row; 0 is independence.
        bits_se: its standard error over rows.
    """

    auc: float
    auc_se: float
    bits: float
    bits_se: float


def predictability(
    x: np.ndarray, hidden: np.ndarray, seed: int, n_categories: np.ndarray | None = None
) -> Predictability | None:
    """Return how well ``hidden`` can be predicted from ``x``, or None where no column has enough cells of both kinds.

    The bits are those of each entry of the pattern, added up. No classifier finds more than there is: with many rows
    they are a lower bound of sum_j I(x; m_j), and of I(x; m) where the entries of m are independent, as under MCAR.
    Entropy and cross-entropy are measured on rows whose pattern was not used in the fit (five folds). The other folds
    choose whether the other columns are read, and by how much the log-odds are shrunk; so independence gives 0 within
    the standard error, not less. The AUC is that of the mean of the two log-odds, with the other columns and without.
    Of more than 16 columns with enough cells, 16 stand for all; a classifier reads at most 40 columns.

    Args:
        x: float64 (n, d), complete, standardised; values beyond 100 standard deviations count as 100.
        hidden: bool (n, d), the pattern.
        seed: of the folds.
        n_categories: int (d,), 0 for a column of numbers (default: all are); the others hold numbers of categories.

    A column that is its own pattern is predicted without an error, and independent ones not at all:

    >>> rng = np.random.default_rng(0)
    >>> hidden = rng.random((1000, 2)) < 0.5
    >>> predictability(hidden.astype(float), hidden, seed=0).auc
    1.0
    >>> found = predictability(rng.normal(size=(1000, 2)), hidden, seed=0)
    >>> abs(found.auc - 0.5) < 3 * found.auc_se, abs(found.bits) < 3 * found.bits_se
    (True, True)
    """
    counts_of = np.zeros(x.shape[1], dtype=int) if n_categories is None else n_categories
    targets = targets_of(hidden, MOST_TARGETS, seed)
    if targets is None:
        return None
    own, common = _features(np.where(counts_of, x, np.clip(x, -FARTHEST, FARTHEST)), targets.columns, counts_of)
    alone = _cross_fitted(own, targets)
    everything = _cross_fitted(np.concatenate([own, common], axis=2), targets)
    return from_gains(targets, np.stack([alone, everything]) - targets.prior)


@dataclass(frozen=True)
class Targets:
    """The columns whose pattern is predicted.

    Attributes:
        columns: int (targets,).
        m: (targets, n), 1 where hidden.
        fold: int (n,), of each row.
        prior: (targets, n), log-odds of the rate of ones in the other folds.
        of_all: columns with enough cells for each of the targets.
    """

    columns: np.ndarray
    m: np.ndarray
    fold: np.ndarray
    prior: np.ndarray
    of_all: float


def targets_of(hidden: np.ndarray, most: int, seed: int) -> Targets | None:
    """Return at most ``most`` columns of ``hidden`` (n, d) with enough cells of both kinds; None: there is none."""
    n, counts = len(hidden), hidden.sum(axis=0)
    eligible = np.flatnonzero((counts >= LEAST) & (n - counts >= LEAST))
    if eligible.size == 0:
        return None
    columns = eligible[evenly_spaced(eligible.size, most)]
    m, fold = hidden[:, columns].T.astype(float), folds_of(n, seed)
    return Targets(columns, m, fold, frequencies(m, fold), eligible.size / columns.size)


def from_gains(targets: Targets, gains: np.ndarray) -> Predictability:
    """Return how predictable a pattern is by classifiers that add ``gains`` to the log-odds of the rate.

    Args:
        targets: the columns, with their pattern.
        gains: (classifiers, targets, n), out of fold.
    """
    m, n, of_all = targets.m, targets.m.shape[1], targets.of_all
    found, at_least = saved_bits(m, targets.prior, gains, targets.fold)
    influence, auc = area_under_curve(m, gains.mean(axis=0))
    # Two folds each predict the other from the same coincidences, which counts these twice: hence the root of 2.
    return Predictability(
        auc=float(auc),
        auc_se=float(influence.std() * (2 / n) ** 0.5),
        bits=float(found.sum(axis=0).mean() * of_all),
        bits_se=float(at_least.sum(axis=0).std() * (2 / n) ** 0.5 * of_all),
    )


def folds_of(n: int, seed: int) -> np.ndarray:
    """Return the fold of each of ``n`` rows, int (n,)."""
    return generator(seed, "pattern", "folds").permutation(np.arange(n) % FOLDS)


def frequencies(m: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return the log-odds of each cell by the frequency of ones in the other folds, (targets, n)."""
    log_odds = np.empty(m.shape)
    for number in range(FOLDS):
        rest = fold != number
        chance = (m[:, rest].sum(axis=1) + 0.5) / (rest.sum() + 1)
        log_odds[:, ~rest] = np.log(chance / (1 - chance))[:, None]
    return log_odds


def _features(x: np.ndarray, targets: np.ndarray, n_categories: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what each column's classifier reads of itself and of all, each (targets, n, features), centred.

    No pattern is looked at.
    """
    place = np.concatenate([[0], np.cumsum(np.maximum(n_categories, 1))])  # of each column among the indicators
    numbers = x
    if n_categories.any():
        parts = [np.eye(k)[x[:, j].astype(int)] if k else x[:, [j]] for j, k in enumerate(n_categories)]
        numbers = np.hstack(parts)
    inputs = np.union1d(place[targets], evenly_spaced(numbers.shape[1], MOST_INPUTS))
    z = np.clip((numbers - numbers.mean(axis=0)) / np.maximum(numbers.std(axis=0), 1e-9), -_CLIP, _CLIP)
    residual = z @ residual_maker(z)
    own = np.stack(
        [
            _of_category(x[:, j], int(n_categories[j]))
            if n_categories[j]
            else np.hstack([_indicators(each) for each in (x[:, j], residual[:, place[j]])])
            for j in targets
        ]
    )
    common = np.hstack([z[:, inputs], z[:, inputs] ** 2])
    own, common = (each - each.mean(axis=-2, keepdims=True) for each in (own, common))
    return own, np.broadcast_to(common, (len(targets), *common.shape))


def _indicators(values: np.ndarray) -> np.ndarray:
    """Return indicators of the bins of ``values``, (n, 12); a value that fills a bin by itself is alone in it."""
    return np.eye(_SLOTS)[np.searchsorted(bin_edges(values, _BINS), values, side="right")]


def _of_category(codes: np.ndarray, count: int) -> np.ndarray:
    """Return indicators of the most frequent categories, (n, 24), of which the last stands for all others."""
    order = np.argsort(-np.bincount(codes.astype(int), minlength=count), kind="stable")
    place = np.minimum(np.argsort(order), 2 * _SLOTS - 1)
    return np.eye(2 * _SLOTS)[place[codes.astype(int)]]


def _cross_fitted(features: np.ndarray, targets: Targets) -> np.ndarray:
    """Return the log-odds of each cell by a ridge logit of the other folds, (targets, n); the prior starts it."""
    k, n, p = features.shape
    log_odds = np.empty((k, n))
    parts = [features[:, targets.fold == number] for number in range(FOLDS)]
    curvatures = np.stack([part.transpose(0, 2, 1) @ part for part in parts]) / 4
    total = curvatures.sum(axis=0) + _RIDGE * np.eye(p)
    for number in range(FOLDS):
        rest = targets.fold != number
        y = targets.m[:, rest]
        level = targets.prior[:, ~rest][:, :1]
        inverse = np.linalg.inv(total - curvatures[number])
        found = ridge_logit(
            Dense(features[:, rest]), y, _RIDGE, _STEPS, start=np.zeros((k, p)), level=level, inverse=inverse
        )
        log_odds[:, ~rest] = Dense(parts[number]).log_odds(found.weights) + found.level
    return log_odds


def saved_bits(m: np.ndarray, prior: np.ndarray, gains: np.ndarray, fold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return by how many bits the classifier shortens the code of each cell, (targets, n), twice.

    The other folds choose the classifier of a fold: one of ``gains`` (classifiers, targets, n) times a slope. Where
    they find that none shortens the code, the first result is 0; the second is not, so its spread is a standard error.
    """
    from scipy.special import log_expit

    def bits(log_odds: np.ndarray) -> np.ndarray:
        return -log_expit(np.where(m == 1, log_odds, -log_odds)) / np.log(2)

    plain = bits(prior)
    saved = np.stack([plain - bits(prior + slope * gain) for gain in gains for slope in _SLOPES])
    by_fold = np.stack([saved[:, :, fold == number].sum(axis=(1, 2)) for number in range(FOLDS)])
    by_others = by_fold.sum(axis=0) - by_fold
    at_least = np.take_along_axis(saved, by_others.argmax(axis=1)[fold][None, None, :], axis=0)[0]
    return np.where((by_others.max(axis=1) > 0)[fold], at_least, 0.0), at_least


def area_under_curve(m: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, float]:
    """Return each row's influence on the mean AUC, and the AUC (DeLong, DeLong & Clarke-Pearson 1988)."""
    from scipy.stats import rankdata

    influence, total = np.zeros(m.shape[1]), 0.0
    for pattern, values in zip(m == 1, score, strict=True):
        n, ones = len(values), int(pattern.sum())
        place = rankdata(values)
        for kind, others in ((pattern, n - ones), (~pattern, ones)):
            place[kind] = (place[kind] - rankdata(values[kind])) / others
        auc = place[pattern].mean()
        total += auc
        influence[pattern] += (place[pattern] - auc) * n / ones
        influence[~pattern] += ((1 - place[~pattern]) - auc) * n / (n - ones)
    return influence / len(m), total / len(m)
