"""The point estimate of MIRF: base, flow and trees, weighed by held-out observed cells, in passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import nnls

from mirimpute.methods.mirf.learnt_parts import of_prefix, prefixed
from mirimpute.methods.mirf.trees import TreeMeans
from mirimpute.types import Array

FLOW_ALONE = np.array([0.0, 1.0, 0.0])
"""The weights of base, flow and trees that few held-out cells are drawn towards where there are no trees."""

WITH_TREES = np.array([0.0, 0.5, 0.5])
"""The same where there are."""

SHARPNESS = (0.01, 0.03, 0.1, 0.3)
"""Between the classes of cells: standard deviations that the base gives them. Where columns follow from others, what is
best depends on whether these are observed, so each class has weights of its own."""

_TOO_SHARP_FOR_TREES = 3
"""Classes below a tenth of a deviation."""

_LARGEST = 3.0
_LEAST_GAIN = 0.001
_PROMISING_GAIN = 0.01
_BY_CHANCE = 2.0
_PRIOR_CELLS = 4.0


def sharpness(spread: Array, categorical: Sequence[Array] = ()) -> Array:
    """Return the class of each cell, int (n, d), from the standard deviation that the base gives it, (n, d).

    The indicators of a category are in the class of the least sharp of them.
    """
    spread = spread.copy()
    for block in categorical:
        spread[:, block] = spread[:, block].max(axis=1, keepdims=True)
    return np.digitize(spread, SHARPNESS)


@dataclass(frozen=True)
class Stack:
    """Weighted means of base, flow and trees, pass after pass; without a pass, the flow's mean.

    The trees of the first pass see rows completed by the flow's mean, those of a later one by the estimate before it.

    Attributes:
        trees: of each pass.
        weights: (classes, d, 3) of each pass, of base, flow and trees, by class of the cell and column.
    """

    version: ClassVar[int] = 1

    trees: tuple[TreeMeans, ...] = ()
    weights: tuple[Array, ...] = ()

    def point(self, base: Array, flow_mean: Array, x: Array, hidden: Array, kind: Array) -> Array:
        """Return the estimate of hidden entries, (n, d), from what base and flow say of them; others mean nothing.

        ``kind`` (n, d) is their class, see :func:`sharpness`.
        """
        estimate = flow_mean
        for trees, weights in zip(self.trees, self.weights, strict=True):
            estimate = _weighed(_three(base, flow_mean, trees, estimate, x, hidden), weights, kind)
        return estimate

    def refitted(
        self, base: Array, flow_mean: Array, x: Array, hidden: Array, kind: Array, grow: Callable[[Array], TreeMeans]
    ) -> Stack:
        """Return the same weights over trees that ``grow`` makes from the completed rows of each pass."""
        grown = Stack()
        for weights in self.weights:
            completed = np.where(hidden, grown.point(base, flow_mean, x, hidden, kind), x)
            trees = grow(completed) if weights[..., 2].any() else TreeMeans({}, {})
            grown = Stack((*grown.trees, trees), (*grown.weights, weights))
        return grown

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        found: dict[str, Array] = {}
        for number, (trees, weights) in enumerate(zip(self.trees, self.weights, strict=True)):
            found |= {f"weights.{number}": weights, **prefixed(f"trees.{number}", trees.arrays())}
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Stack:
        """Return what :meth:`arrays` wrote; ValueError: trees of another scikit-learn, or that are damaged."""
        passes = range(len(of_prefix("weights", arrays)))
        trees = (TreeMeans.from_arrays(of_prefix(f"trees.{number}", arrays)) for number in passes)
        return cls(tuple(trees), tuple(arrays[f"weights.{number}"] for number in passes))


def fit_stack(
    base: Array,
    flow_mean: Array,
    x: Array,
    hidden: Array,
    held_out: Array,
    kind: Array,
    grow: Callable[[Array], TreeMeans],
    passes: int,
    categorical: Sequence[Array] = (),
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
        kind: int (n, d), see :func:`sharpness`.
        grow: makes trees from completed rows, (n, d).
        passes: at most.
        categorical: see :class:`mirimpute.methods.base.Problem`.
    """
    truth = x[held_out]
    column = np.arange(x.shape[1])
    for block in categorical:  # one weight for all indicators, or their sum would not stay
        column[block] = block[0]
    groups = kind[held_out], column[np.nonzero(held_out)[1]]

    def error_of(candidate: Array) -> float:
        return float(np.sqrt(((bounded(candidate[held_out]) - bounded(truth)) ** 2).mean()))

    stack, estimate, error = Stack(), flow_mean, np.inf
    for _ in range(passes):
        trees = grow(np.where(hidden, estimate, x))
        three = _three(base, flow_mean, trees, estimate, x, hidden)
        prior = WITH_TREES if trees.trees else FLOW_ALONE
        weights = grouped_weights(three[held_out], truth, *groups, x.shape[1], prior)[:, column]
        new = _weighed(three, weights, kind)
        left = error_of(new)
        if left > (1 - _LEAST_GAIN) * error:
            break
        used = trees if weights[..., 2].any() else TreeMeans({}, {})
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


def grouped_weights(estimates: Array, truth: Array, kind: Array, column: Array, d: int, prior: Array) -> Array:
    """Return the weights of each class of cells and column, (classes, d, k): see :func:`stack_weights`.

    Those of the table are drawn towards ``prior``, those of a class towards the table's, or, where the base gives cells
    less than a tenth of a deviation, towards the flow's mean alone: trees are not as sharp. Those of a column in a
    class are drawn towards the class's.

    Args:
        estimates, truth: see :func:`stack_weights`.
        kind: (m,), class of each cell, see :func:`sharpness`.
        column: (m,), of each cell.
        d: columns.
        prior: (k,), of sum 1.
    """
    classes = len(SHARPNESS) + 1
    weights = np.empty((classes, d, len(prior)))
    of_table = stack_weights(estimates, truth, prior)
    for each in range(classes):
        cells = kind == each
        start = FLOW_ALONE if each < _TOO_SHARP_FOR_TREES else of_table
        weights[each] = of_class = stack_weights(estimates[cells], truth[cells], start)
        for j in np.unique(column[cells]):
            own = cells & (column == j)
            weights[each, j] = stack_weights(estimates[own], truth[own], of_class)
    return weights


def stack_weights(estimates: Array, truth: Array, prior: Array) -> Array:
    """Return weights (k,) of k estimates, none negative, of sum 1.

    Those of least squares over the cells, drawn towards ``prior`` as far as they may be better by chance:

        prior + (1 - 2 / F) (least squares - prior), or the prior where F < 2,

    with F = m (s_prior - s) / ((k - 1) v), s the mean square that they leave, v = (m s + 4 s_prior) / (m + 4). How much
    is drawn depends on the evidence and not on the number of cells alone (James & Stein 1961): where one estimate is
    exact, a few cells are enough to tell. Since the squared error is convex, the answer leaves at most
    s + 2 (k - 1) v / m on these cells: a tenth more than the best estimate, or less, where there are 30 of them.
    Values count up to three standard deviations: a few outliers in columns of heavy tails would choose otherwise.
    Wolpert, "Stacked generalization", 1992; Breiman, "Stacked regressions", 1996 (non-negative weights).

    Args:
        estimates: (m, k), the estimates of m held-out cells, standardised.
        truth: (m,).
        prior: (k,), of sum 1; the answer when there is no cell.
    """
    m, k = estimates.shape
    if m == 0:
        return prior
    errors = bounded(estimates) - bounded(truth)[:, None]
    total = 1e4 * max(float(np.abs(errors).max()), 1e-9) * m**0.5  # a row so heavy that the sum is 1
    weights = nnls(np.vstack([errors, np.full((1, k), total)]), np.append(np.zeros(m), total))[0]
    weights /= weights.sum()
    before, left = (float(np.square(errors @ each).mean()) for each in (prior, weights))
    if left >= before:
        return prior
    noise = (m * left + _PRIOR_CELLS * before) / (m + _PRIOR_CELLS)
    evidence = m * (before - left) / ((k - 1) * noise)
    return prior + max(0.0, 1 - _BY_CHANCE / evidence) * (weights - prior)


def _weighed(three: Array, weights: Array, kind: Array) -> Array:
    """Return the weighted mean of the estimates (n, d, 3), by class and column."""
    return (three * weights[kind, np.arange(three.shape[1])]).sum(axis=-1)


def bounded(values: Array) -> Array:
    """Return the values, three standard deviations at most: a few outliers would decide otherwise."""
    return np.clip(values, -_LARGEST, _LARGEST)
