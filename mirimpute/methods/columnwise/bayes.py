"""A columnwise transport that draws: Bayesian linear regression with a draw of its parameters and of the residual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.methods.columnwise.classifier import ClassifierTransport, new_logistic
from mirimpute.methods.columnwise.regressor import placed
from mirimpute.methods.transport import Transport
from mirimpute.types import Array

_SMALLEST_VARIANCE = 1e-12
_ITERATIONS = 100
_TOLERANCE = 1e-3
_WEAK = 1e-6
_LEAST_SHARE = 1e-4


@dataclass(frozen=True)
class Posterior:
    """What the rows that observe a column say about its linear regression, for each chain.

    With s2 the variance of the residual and X centred, on axes B with B'X'XB = diag(values):
    weights | s2 ~ N(mean, s2 B diag(1 / precision) B'), intercept | s2 ~ N(mean of y, s2 / n),
    s2 ~ rss / chi2(freedom).

    Attributes:
        centre: (chains, p), means of the inputs.
        intercept: (chains,), means of the targets.
        weights: (chains, p), the posterior mean.
        axes: (chains, p, p), B, in columns.
        precision: (chains, p), of the weights along the axes; infinite along one that is not used.
        rss: (chains,), the residual sum of squares.
        freedom: (chains,), rows less effective parameters less 1.
        n: rows.
    """

    centre: Array
    intercept: Array
    weights: Array
    axes: Array
    precision: Array
    rss: Array
    freedom: Array
    n: int

    @classmethod
    def of_least_squares(cls, inputs: Array, targets: Array) -> Posterior:
        """Return the posterior under a flat prior: Rubin 1987, section 5.3; van Buuren 2018, algorithm 3.1.

        The mean is that of least squares, and freedom is n - p - 1. As R's mice does, inputs that hardly vary among the
        rows, and directions in which the inputs are nearly linearly dependent, are left out, by the same bounds (1e-4:
        variance in the scale of the problem; eigenvalue of the correlation matrix as a share of the largest). R leaves
        out one of the dependent columns, this the dependent direction. At most n - 2 directions stay, so that a
        residual is left.

        Args:
            inputs: (chains, n, p), standardised.
            targets: (chains, n).
        """
        n = inputs.shape[1]
        centre, intercept, x, y = _centred(inputs, targets)
        variance = (x**2).mean(axis=1)
        per_spread = np.where(variance > _LEAST_SHARE, 1 / np.sqrt(np.maximum(variance, _LEAST_SHARE)), 0.0)
        gram = per_spread[:, :, None] * (x.transpose(0, 2, 1) @ x) * per_spread[:, None]
        values, basis = np.linalg.eigh(gram)
        axes = per_spread[:, :, None] * basis
        used = values > _LEAST_SHARE * np.maximum(values[:, -1:], _SMALLEST_VARIANCE)
        used[:, : max(used.shape[1] - max(n - 2, 0), 0)] = False  # values ascend
        along = np.einsum("cpk,cnp,cn->ck", axes, x, y, optimize=True)
        precision = np.where(used, values, np.inf)
        weights = np.einsum("cpk,ck->cp", axes, along / precision)
        rss = ((y - (x @ weights[:, :, None])[:, :, 0]) ** 2).sum(axis=1)
        return cls(centre, intercept, weights, axes, precision, rss, np.maximum(n - 1.0 - used.sum(axis=1), 1.0), n)

    @classmethod
    def of_evidence(cls, inputs: Array, targets: Array) -> Posterior:
        """Return the posterior under weights ~ N(0, s2 / k), with the k that maximises the evidence, as in ``ice``.

        The precision is that of least squares plus k. References: MacKay 1992; Tipping 2001, appendix A.

        Args:
            inputs: (chains, n, p).
            targets: (chains, n).
        """
        n = inputs.shape[1]
        centre, intercept, x, y = _centred(inputs, targets)
        values, basis = np.linalg.eigh(x.transpose(0, 2, 1) @ x)
        values = np.maximum(values, 0.0)
        along = np.einsum("cpk,cnp,cn->ck", basis, x, y, optimize=True)
        total = np.maximum((y**2).sum(axis=1), _SMALLEST_VARIANCE)
        ratio, effective, rss = _evidence(values, along, total, n)
        precision = values + ratio[:, None]
        weights = np.einsum("cpk,ck->cp", basis, along / precision)
        return cls(centre, intercept, weights, basis, precision, rss, np.maximum(n - 1 - effective, 1.0), n)

    def mean(self, inputs: Array) -> Array:
        """Return the prediction of the posterior mean, (chains, rows), for ``inputs`` (chains, rows, p)."""
        return _predict(inputs, self.centre, self.weights, self.intercept)

    def draw(self, inputs: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return the prediction of one draw of the parameters per chain, and its residual deviation (chains,)."""
        variance = self.rss / np.maximum(rng.chisquare(self.freedom), np.finfo(float).tiny)
        spread = np.sqrt(np.maximum(variance, _SMALLEST_VARIANCE))
        noise = rng.standard_normal(self.weights.shape) / np.sqrt(self.precision)
        weights = self.weights + spread[:, None] * np.einsum("cpk,ck->cp", self.axes, noise)
        intercept = self.intercept + spread / self.n**0.5 * rng.standard_normal(len(spread))
        return _predict(inputs, self.centre, weights, intercept), spread

    def draw_by_row(self, inputs: Array, rng: np.random.Generator) -> Array:
        """Return the residual's draw added to the prediction of other parameters in every row, (chains, rows).

        Normal, of variance s2 (1 + 1 / n + x'B diag(1 / precision) B'x) with s2 = rss / freedom: the parameters
        integrated out of each row for itself.
        """
        along = (inputs - self.centre[:, None]) @ self.axes
        unknown = 1.0 / self.n + (along**2 / self.precision[:, None]).sum(axis=2)
        variance = np.maximum(self.rss / self.freedom, _SMALLEST_VARIANCE)[:, None] * (1.0 + unknown)
        return self.mean(inputs) + np.sqrt(variance) * rng.standard_normal(variance.shape)


class BayesTransport(Transport):
    """Draws of x_j | x_{-j} from the posterior predictive distribution of a linear regression, a chain each.

    Given the pattern and the observed entries, KL(P_{X(g), M} || q x P_M) is, but for a constant, the mean of
    KL(g(x_miss | x_obs) || q(x_miss | x_obs)). One column at a time keeps of it KL(g(x_j | x_{-j}) || q(x_j | x_{-j})),
    which a draw from q(x_j | x_{-j}) makes zero. That distribution is approximated by a normal one, linear in x_{-j}
    and of one spread; what is not known of its parameters is drawn too, for each chain anew, so that the chains differ
    by as much as the data leave open (a proper multiple imputation, Rubin 1987). The sweep over the columns is a Gibbs
    sampler: if the conditionals fit together, draws of all missing entries are its limit.

    The prior of the parameters is flat, so their mean is that of least squares (van Buuren, "Flexible Imputation of
    Missing Data", 2018, algorithm 3.1). With ``by_row`` their prior is found from the data, and they are drawn for each
    row anew, as scikit-learn's IterativeImputer does (``sample_posterior=True``): q(x_j | x_{-j}) is the same for each
    row by itself, but the errors of two rows are no longer those of one regression. Each table is a little nearer to
    the distribution of the rows, for the errors of the parameters cancel in it; the tables differ from one another by
    less than the data leave open, so that variances pooled over them by Rubin's rules are too small.

    Draws stay within the observed range of the column, widened by one standard deviation.
    """

    def __init__(self, by_row: bool = False) -> None:
        self._by_row = by_row

    def for_categories(self) -> Transport:
        """Return logistic regressions of bootstrapped rows, the draws of whose parameters these stand for."""
        return ClassifierTransport(new_logistic, bootstrap=True)

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Find the posterior of each chain from the rows that observe column ``block[0]``.

        The loss is the mean squared residual of its mean.
        """
        (column,) = block
        observed = ~missing[:, column]
        self._targets = x[:, observed, column]
        self._inputs = np.delete(x[:, observed], column, axis=2)
        posterior_of = Posterior.of_evidence if self._by_row else Posterior.of_least_squares
        self._posterior = posterior_of(self._inputs, self._targets)
        self.lose(self._posterior.rss.mean() / self._posterior.n)
        margin = 1.0 if np.ptp(self._targets) > 0 else 0.0
        self._range = self._targets.min() - margin, self._targets.max() + margin

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the prediction of the posterior mean for the rows that miss the column."""
        (column,) = block
        return placed(self._posterior.mean(self._rows(x, missing, column)), x, missing, column)

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return predictions of drawn parameters with drawn residuals."""
        (column,) = block
        rows = self._rows(x, missing, column)
        if self._by_row:
            drawn = self._posterior.draw_by_row(rows, rng)
        else:
            centre, spread = self._posterior.draw(rows, rng)
            drawn = centre + spread[:, None] * rng.standard_normal(centre.shape)
        return placed(np.clip(drawn, *self._range), x, missing, column)

    def _rows(self, x: Array, missing: Array, column: int) -> Array:
        """Return the other columns of the rows that miss ``column``, (chains, rows, p)."""
        return np.delete(x[:, missing[:, column]], column, axis=2)


def _evidence(values: Array, along: Array, total: Array, n: int) -> tuple[Array, Array, Array]:
    """Return ratio of the precisions, effective parameters and residual sum of squares at the maximum of the evidence.

    Args:
        values: (chains, p), eigenvalues of X'X.
        along: (chains, p), X'y in the basis of the eigenvectors.
        total: (chains,), y'y.
        n: rows.
    """

    def fit(ratio: Array) -> tuple[Array, Array, Array]:
        shrunk = values + ratio[:, None]
        left = total - (along**2 * (values + 2 * ratio[:, None]) / shrunk**2).sum(axis=1)
        return (values / shrunk).sum(axis=1), (along / shrunk) ** 2, np.maximum(left, _SMALLEST_VARIANCE * total)

    ratio = total / n  # unit precision of the weights, that of the residual from the variance of the targets
    for _ in range(_ITERATIONS):
        effective, squares, rss = fit(ratio)
        of_weights = (effective + 2 * _WEAK) / (squares.sum(axis=1) + 2 * _WEAK)
        of_residual = (np.maximum(n - effective, 0.0) + 2 * _WEAK) / (rss + 2 * _WEAK)
        before, ratio = ratio, of_weights / of_residual
        if np.abs(np.log(ratio / before)).max() < _TOLERANCE:
            break
    effective, _, rss = fit(ratio)
    return ratio, effective, rss


def _centred(inputs: Array, targets: Array) -> tuple[Array, Array, Array, Array]:
    """Return the means of inputs and targets over the rows, and both without them."""
    centre, intercept = inputs.mean(axis=1), targets.mean(axis=1)
    return centre, intercept, inputs - centre[:, None], targets - intercept[:, None]


def _predict(inputs: Array, centre: Array, weights: Array, intercept: Array) -> Array:
    return ((inputs - centre[:, None]) @ weights[:, :, None])[:, :, 0] + intercept[:, None]
