"""`mirf`, the mutual-information rectified-flow imputer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mirimpute.methods.base import Fitted, Imputation, Problem
from mirimpute.methods.mirf.settings import Settings
from mirimpute.seeding import integer_seed
from mirimpute.types import Progress, no_progress

if TYPE_CHECKING:
    from mirimpute.methods.mirf.learn import Learnt
    from mirimpute.methods.mirf.model import MirfModel

_DRAW_CELLS = 2e7


@dataclass
class Mirf(Settings):
    """Draw the missing entries from a rectified flow fitted to the completed rows, round after round.

    After Yu, Ying, Wang, Jiang, Liu, "Missing Data Imputation by Reducing Mutual Information with Rectified Flows",
    NeurIPS 2025; what differs is in :mod:`mirimpute.methods.mirf.flow_transport`. Beside the flow there are donors from
    trees (:mod:`mirimpute.methods.mirf.donors`); how often a cell is drawn by which, and how their means are weighed in
    the point estimate, is chosen column by column on held-out observed cells
    (:mod:`mirimpute.methods.mirf.pool`), which are never targets of the training but stay known when the table's
    missing cells are predicted. With fewer than 30 of them (300 observed cells, one in ten) the Gaussian base of the
    flow is alone.

    Its parameters: :class:`mirimpute.methods.mirf.settings.Settings`.
    """

    version: ClassVar[int] = 12
    completes_new_rows: ClassVar[bool] = True
    growth: ClassVar[tuple[float, float]] = (0.5, 1.0)
    libraries: ClassVar[tuple[str, ...]] = ("torch", "sklearn.tree", "mirimpute.methods.mirf.learn")

    def most_draws(self, problem: Problem) -> int:
        """Return how many draws have twenty million cells in all; two at least."""
        return max(2, int(_DRAW_CELLS / problem.x_incomplete.size))

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Run the outer loop."""
        from mirimpute.methods.mirf.learn import learn

        return _FittedMirf(problem, learn(self, problem, progress), min(self.draws, self.most_draws(problem)), progress)


@dataclass(frozen=True)
class _FittedMirf(Fitted):
    problem: Problem
    learnt: Learnt
    draws: int
    progress: Progress

    @property
    def model(self) -> MirfModel:
        return self.learnt.model

    def impute(self) -> Imputation:
        from mirimpute.methods.column_limits import outside_note

        learnt, (point, draws) = self.learnt, self._completed(self.problem.x_incomplete, self.progress)
        note = outside_note(self.problem, point)
        notes = (*learnt.notes, note) if note else learnt.notes
        return Imputation(point, draws, trace=learnt.trace, notes=notes, history=learnt.history)

    def transform(self, x_incomplete: np.ndarray) -> Imputation:
        """Return other rows completed by the model of the problem's."""
        return Imputation(*self._completed(x_incomplete))

    def _completed(self, x_incomplete: np.ndarray, progress: Progress = no_progress) -> tuple[np.ndarray, np.ndarray]:
        return self.model.complete(x_incomplete, self.draws, integer_seed(self.problem.seed, "draws"), progress)
