"""The point estimate of MIRF: base, flow and trees, weighed by held-out observed cells, in passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from mirimpute.methods.transports.trees import TreeMeans

Array = np.ndarray

FLOW_ALONE = np.array([0.0, 1.0, 0.0])
"""The weights of base, flow and trees that few held-out cells are drawn towards where there are no trees."""

WITH_TREES = np.array([0.0, 0.5, 0.5])
"""The same where there are."""

_PRIOR_CELLS = 100.0
_LARGEST = 3.0
_LEAST_GAIN = 0.001
_PROMISING_GAIN = 0.01


@dataclass(frozen=True)
class Stack:
    """Weighted means of base, flow and trees, pass after pass; without a pass, the flow's mean.

    The trees of the first pass see rows completed by the flow's mean, those of a later one by the estimate before it.

    Attributes:
        trees: of each pass.
        weights: (3,) of each pass, of base, flow and trees.
    """

    trees: tuple[TreeMeans, ...] = ()
    weights: tuple[Array, ...] = ()

    def point(self, base: Array, flow_mean: Array, x: Array, hidden: Array) -> Array:
        """Return the estimate of hidden entries, (n, d), from what base and flow say of them; others mean nothing."""
        estimate = flow_mean
        for trees, weights in zip(self.trees, self.weights, strict=True):
            estimate = _three(base, flow_mean, trees, estimate, x, hidden) @ weights
        return estimate

    def refitted(
        self, base: Array, flow_mean: Array, x: Array, hidden: Array, grow: Callable[[Array], TreeMeans]
    ) -> Stack:
        """Return the same weights over trees that ``grow`` makes from the completed rows of each pass."""
        grown = Stack()
        for weights in self.weights:
            completed = np.where(hidden, grown.point(base, flow_mean, x, hidden), x)
            trees = grow(completed) if weights[2] > 0 else TreeMeans({}, {})
            grown = Stack((*grown.trees, trees), (*grown.weights, weights))
        return grown


def fit_stack(
    base: Array,
    flow_mean: Array,
    x: Array,
    hidden: Array,
    held_out: Array,
    grow: Callable[[Array], TreeMeans],
    passes: int,
) -> tuple[Stack, Array, float]:
    """Return the stack, its estimate of the hidden entries (n, d), and its RMSE on the held-out cells.

    The first pass is kept whatever it says of its trees. If it lowers the error on the held-out cells, of values up to
    three standard deviations, by 1 %, its estimate makes other rows for trees to see, and there is another; that one
    is kept if it lowers the error by 0.1 %, and then there is the next, up to ``passes``.

    Args:
        base, flow_mean: (n, d), what both say of the hidden entries without having seen the held-out cells.
        x: (n, d), read where it is not hidden, and at the held-out cells, to judge.
        hidden: bool (n, d), missing and held-out cells.
        held_out: bool (n, d), the second of these.
        grow: makes trees from completed rows, (n, d).
        passes: at most.
    """
    truth = x[held_out]

    def error_of(candidate: Array) -> float:
        return float(np.sqrt(((_bounded(candidate[held_out]) - _bounded(truth)) ** 2).mean()))

    stack, estimate, error = Stack(), flow_mean, np.inf
    for _ in range(passes):
        trees = grow(np.where(hidden, estimate, x))
        three = _three(base, flow_mean, trees, estimate, x, hidden)
        weights = stack_weights(three[held_out], truth, WITH_TREES if trees.trees else FLOW_ALONE)
        new = three @ weights
        left = error_of(new)
        if left > (1 - _LEAST_GAIN) * error:
            break
        used = trees if weights[2] > 0 else TreeMeans({}, {})
        stack, estimate, error = Stack((*stack.trees, used), (*stack.weights, weights)), new, left
        if not used.trees or left > (1 - _PROMISING_GAIN) * error_of(flow_mean):
            break
    return stack, estimate, float(np.sqrt(((estimate[held_out] - truth) ** 2).mean()))


def _three(base: Array, flow_mean: Array, trees: TreeMeans, estimate: Array, x: Array, hidden: Array) -> Array:
    """Return what base, flow and trees say of the hidden entries, (n, d, 3).

    Columns without trees repeat ``estimate``, and so do rows without an observed entry: the flow's mean alone, which
    may lie where no row is, tells trees nothing.
    """
    wanted = hidden & ~hidden.all(axis=1, keepdims=True)
    return np.stack([base, flow_mean, trees.predict(np.where(hidden, estimate, x), wanted)], axis=-1)


def stack_weights(estimates: Array, truth: Array, prior: Array) -> Array:
    """Return weights (k,) of k estimates, none negative, of sum 1.

    Least squares over the held-out cells and over 100 pseudo-cells that say what ``prior`` says (a ridge towards it, in
    the metric of the estimates). Values count up to three standard deviations: a few outliers in columns of heavy tails
    would choose otherwise. Weights of their own for each column were measured to be worse: the cells are too few.
    Wolpert, "Stacked generalization", 1992; Breiman, "Stacked regressions", 1996 (non-negative weights).

    Args:
        estimates: (m, k), the estimates of m held-out cells, standardised.
        truth: (m,).
        prior: (k,), of sum 1; the answer when there is no cell.
    """
    if len(truth) == 0:
        return prior
    x, y = _bounded(estimates), _bounded(truth)
    k = len(prior)
    gram = x.T @ x / len(y)
    size = np.trace(gram) / k + 1e-12
    root = np.linalg.cholesky(gram + 1e-6 * size * np.eye(k)).T * _PRIOR_CELLS**0.5
    total = 1e4 * (size * len(y)) ** 0.5 * np.ones((1, k))  # a row so heavy that the sum is 1
    weights = nnls(np.vstack([x, root, total]), np.concatenate([y, root @ prior, total[0, :1]]))[0]
    return weights / weights.sum()


def _bounded(values: Array) -> Array:
    return np.clip(values, -_LARGEST, _LARGEST)
