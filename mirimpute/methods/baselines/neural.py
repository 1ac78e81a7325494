"""How the neural methods run the outer loop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mirimpute.methods.base import Completed, Problem
from mirimpute.methods.inside import inside
from mirimpute.methods.loop import Fill, Schedule, reduce
from mirimpute.seeding import generator
from mirimpute.types import no_progress

if TYPE_CHECKING:
    from mirimpute.methods.baselines.neural_transport import NeuralTransport

LIBRARIES = ("torch", "torch._dynamo", "mirimpute.methods.baselines.neural_transport")
"""torch imports _dynamo at the first step of an optimiser, two seconds that are not the method's."""

_LARGE = 1_000_000


def run(problem: Problem, transport: NeuralTransport, schedule: Schedule, fill: Fill, *, ask_mean: bool) -> Completed:
    """Run the loop; with ``ask_mean`` the point is the transport's mean after the last round, not that of the chains.

    Raises:
        ImputationError: "diverged in round r".
    """
    from mirimpute.methods.device import threads_for

    missing = problem.missing
    with threads_for(problem.x_incomplete.size > _LARGE):
        rng = generator(problem.seed, type(transport).__name__)
        imputation = reduce(problem, transport, schedule, fill, rng, no_progress)
        if ask_mean and missing.any():
            point = transport.mean(imputation.draws[:1], missing, np.arange(missing.shape[1]))[0]
            imputation = replace(imputation, point=np.where(missing, point, problem.x_incomplete), notes=())
            imputation = inside(problem, imputation)
    return Completed(imputation)


def fill_near_means(problem: Problem, chains: int, rng: np.random.Generator) -> np.ndarray:
    """Complete every chain with the column means of the observed cells and a little noise, a tenth of a deviation."""
    x_incomplete = problem.x_incomplete
    noisy = np.nanmean(x_incomplete, axis=0) + 0.1 * rng.standard_normal((chains, *x_incomplete.shape))
    return np.where(np.isnan(x_incomplete), noisy, x_incomplete)
