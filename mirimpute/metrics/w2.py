"""Exact 2-Wasserstein distance between true and completed rows: `w2` and `w2sq_half`."""

from __future__ import annotations

import math
import os
import sys
import warnings
from types import ModuleType

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.distances import squared_between

MAX_ITERATIONS = 100_000_000
"""Pivots of the network simplex before it gives up; 2,000 rows need far below a hundredth of it."""

TOLERANCE = 1e-9
"""Largest accepted error of the optimum, relative to its value plus the mean cost of a pair."""


class TransportError(RuntimeError):
    """The solver's plan is not proven optimal, so its cost is not returned."""


def w2(comparison: Comparison) -> float:
    """Return W2, the exact 2-Wasserstein distance between true and completed rows, in the scale of the tables.

    W2² = min_π (1/n) Σ_i ‖x_i − y_π(i)‖² over permutations π: uniform weights on the n rows of
    ``comparison.rows``, squared Euclidean cost. Cost O(n³) time, O(n²) memory.

    Raises:
        Undefined: no row can be compared.
        TransportError: optimality could not be proven.

    Reference: Peyré and Cuturi, "Computational Optimal Transport", 2019, section 2; solver: Bonneel et al. 2011
    in POT (Flamary et al. 2021).
    """
    return math.sqrt(comparison.once(squared_w2))


def w2sq(comparison: Comparison) -> float:
    """Return W2², twice :func:`w2sq_half`."""
    return comparison.once(squared_w2)


def w2sq_half(comparison: Comparison) -> float:
    """Return ½·W2², squared units: the "OT" of Muzellec et al. 2020. Rows and errors as :func:`w2`."""
    return 0.5 * comparison.once(squared_w2)


def squared_w2(comparison: Comparison) -> float:
    """Return W2², for the metrics of this module to share."""
    return optimal_cost(comparison.once(squared_between))


def optimal_cost(cost: np.ndarray, max_iterations: int = MAX_ITERATIONS) -> float:
    """Return min_P ⟨P, cost⟩ over plans P with uniform marginals, proven optimal by its dual potentials.

    Every feasible pair of potentials gives a lower bound, mean(u) + mean(v) ≤ optimum if u_i + v_j ≤ cost_ij, and
    the plan gives an upper bound. The value is returned only if the two meet.

    Args:
        cost: float64 (n, n), non-negative and finite.
        max_iterations: pivots before the solver gives up.

    Raises:
        TransportError: the solver stopped early, or the bounds do not meet.
    """
    scale = float(cost.mean())
    if not math.isfinite(scale):
        raise TransportError("the costs overflow: the two tables are too far apart for squared distances in float64")
    if scale == 0.0:
        return 0.0
    # POT stops at an absolute tolerance: unscaled costs near 1e-15 would end at an arbitrary plan without a warning.
    unit_cost = cost / scale
    n = len(cost)
    weights = np.full(n, 1.0 / n)
    ot = import_pot()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # log["warning"] says the same and is raised below
        plan, log = ot.emd(weights, weights, unit_cost, numItermax=max_iterations, log=True)
    if log["warning"] is not None:
        raise TransportError(f"optimal transport between {n} rows did not converge: {log['warning']}")
    upper = float(np.sum(plan * unit_cost))
    slack = unit_cost - log["u"][:, None] - log["v"][None, :]
    lower = float(np.mean(log["u"]) + np.mean(log["v"]) + min(0.0, slack.min()))
    marginal_error = max(np.abs(plan.sum(axis=axis) * n - 1.0).max() for axis in (0, 1))
    if not (abs(upper - lower) <= TOLERANCE * (upper + 1.0) and marginal_error <= TOLERANCE and plan.min() >= 0.0):
        raise TransportError(
            f"optimal transport between {n} rows is not proven optimal: bounds [{lower * scale!r}, {upper * scale!r}], "
            f"relative marginal error {marginal_error:.1e}"
        )
    return upper * scale


def import_pot() -> ModuleType:
    """Import POT without the array libraries that it would load beside NumPy and that nothing here uses.

    With TensorFlow installed, a plain import takes seconds and prints logs; with geomloss, it loads torch.
    """
    names = [f"POT_BACKEND_DISABLE_{library}" for library in ("TENSORFLOW", "JAX", "CUPY", "PYTORCH")]
    added = [name for name in names if name not in os.environ]
    hidden = "geomloss" not in sys.modules
    try:
        os.environ.update(dict.fromkeys(added, "1"))
        if hidden:
            sys.modules["geomloss"] = None  # type: ignore[assignment]  # so that it cannot be imported
        import ot
    finally:
        for name in added:
            del os.environ[name]
        if hidden:
            del sys.modules["geomloss"]
    return ot


W2 = Metric(
    name="w2",
    label="W2",
    function=w2,
    higher_is_better=False,
    description="Exact 2-Wasserstein distance between completed and true rows (rows with a scored cell).",
    formula="sqrt(min_pi (1/n) sum_i ||x_i - y_pi(i)||^2)",
    reference="Peyre and Cuturi 2019, section 2",
    row_capped=True,
)
W2SQ = Metric(
    name="w2sq",
    label="W2²",
    function=w2sq,
    higher_is_better=False,
    description="Squared 2-Wasserstein distance between completed and true rows.",
    formula="w2^2",
    reference='Chen et al. 2024, section 5 ("WASS")',
    row_capped=True,
)
W2SQ_HALF = Metric(
    name="w2sq_half",
    label="½ W2²",
    function=w2sq_half,
    higher_is_better=False,
    description="Half the squared 2-Wasserstein distance between completed and true rows.",
    formula="w2^2 / 2",
    reference='Muzellec et al. 2020, section 5 ("OT")',
    row_capped=True,
)
