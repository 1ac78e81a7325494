"""The transport of MIRF: the flow moves all missing entries at once, then donors move those that are theirs.

A mixture of transports with weights that depend on what is observed alone is a transport: each of its members tends to
a draw from q(x_miss | x_obs). The weights are chosen anew in each round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from mirimpute.methods.base import Problem
from mirimpute.methods.holding_out import choose_observed
from mirimpute.methods.loop import columns_of
from mirimpute.methods.mirf.donors import ColumnTrees, DonorTrees
from mirimpute.methods.mirf.flow_model import FlowModel
from mirimpute.methods.mirf.flow_transport import FlowTransport
from mirimpute.methods.mirf.gaussian_base import Bases, base_without
from mirimpute.methods.mirf.growing import affordable
from mirimpute.methods.mirf.pool import BEFORE, FIXED, SHARP, Evidence, Pool, fit_pool, joined
from mirimpute.methods.mirf.rows import Rows
from mirimpute.methods.mirf.settings import Settings
from mirimpute.methods.mirf.support import Support
from mirimpute.methods.mirf.sweeps import Chains, evidence_of, grown
from mirimpute.methods.transport import Transport
from mirimpute.types import Array, Progress

_LEAST_CHAINS, _ASKED = 2, 2
_MANY_CELLS = 100_000
_ENOUGH, _FOLDS = 600, 6
_NETWORK = 0.1


@dataclass(frozen=True)
class _Fold:
    """A flow, cells that it has not seen, what it expects of all hidden ones, and trees that have not seen them."""

    flow: FlowModel
    rows: Rows
    hidden: Array
    held_out: Array
    flow_mean: Array
    kind: Array


class PoolTransport(Transport):
    """Flow and donors.

    Args:
        flow: the first member.
        bases: of the flow.
        settings: sizes.
        problem: the incomplete table.
        held_out: bool (n_rows, n_columns), observed cells that judge; without any, the flow is alone.
        support: of the table.
        wanted: bool (n_columns,), the columns whose trees are kept.
        rng: of trees and donors.
        progress: called during the work.
        pool: the weights, where they were chosen before; None: they are to be.
        before: the weights of draws before there is evidence.
    """

    def __init__(
        self,
        flow: FlowTransport,
        bases: Bases,
        settings: Settings,
        problem: Problem,
        held_out: Array,
        support: Support,
        wanted: Array,
        rng: np.random.Generator,
        progress: Progress,
        pool: Pool | None = None,
        before: Array = BEFORE,
    ) -> None:
        self.flow, self._bases, self._settings = flow, bases, settings
        self._problem, self._held_out = problem, held_out
        self._support, self._rng, self._progress = support, rng, progress
        x = problem.x_incomplete
        self.pool, self._before = pool or Pool.of_flow(x.shape[1]), before
        varies = np.nanmax(x, axis=0) > np.nanmin(x, axis=0)
        blocks = [block for block in columns_of(problem) if varies[block].any() and len(block) < x.shape[1]]
        self._judged = sorted(blocks, key=lambda block: problem.missing[:, block[0]].sum())
        self._wanted = [block for block in self._judged if wanted[block[0]]]
        if x.size > _MANY_CELLS:
            self._judged = self._wanted
        observed = np.array([(~problem.missing[:, block[0]]).sum() for block in self._judged])
        trees = settings.trees if held_out.any() or pool is not None else 0
        self._sets, self._sweeps = affordable(observed, x.shape[1], trees, settings.sweeps)
        self._weighed = False
        self._of_pool: list[Evidence] = []
        self._state: Array = np.empty(0)
        self._facts: dict[str, Any] = {}

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Train the flow, grow trees on what it draws, and weigh both by the held-out cells."""
        self.flow.fit(x, missing, block, rng)
        self._facts = dict(self.flow.facts())
        if self._sets:
            self._weigh(len(x))
        else:
            self._state = x.copy()
            self._state[..., block] = self.flow.draw(x, missing, block, rng)

    def _weigh(self, count: int) -> None:
        """Choose the weights, and keep the chains that came of it."""
        x, chains = self._problem.x_incomplete, max(count, _LEAST_CHAINS)
        folds = [self._fold(self.flow.model(), self._held_out)]
        folds += [self._fold(flow, held_out) for flow, held_out in self._further()]
        before, found = self.pool if self._weighed else Pool.even(x.shape[1]), []
        for number, fold in enumerate(folds):
            self._progress("weights", number, len(folds))
            asked = np.flatnonzero(fold.held_out.any(axis=1))
            first = self._drawn(fold.flow, fold.rows, fold.hidden, np.arange(len(x)), chains)
            more = self._drawn(fold.flow, fold.rows, fold.hidden, asked, chains * (_ASKED - 1))
            drawn = np.concatenate([first[:, asked], more])
            state = Chains(first, fold.hidden, fold.kind, self._rng.random((chains, len(x))))

            def judged(
                trees: ColumnTrees,
                now: Chains,
                fold: _Fold = fold,
                drawn: Array = drawn,
                asked: Array = asked,
            ) -> None:
                found.append(evidence_of(trees, now, fold.held_out, x, drawn, asked, fold.flow_mean, self._rng))

            self._grown(state, ~fold.hidden, self._judged, before, max(1, self._sweeps - 1), judged)
            if not number:
                self._state = state.x[:count]
        self.pool = fit_pool(joined([*found, *self._of_pool]), self._problem.categorical, x.shape[1], self._before)
        if not self._weighed:  # what further folds say stays, for rounds to come
            self._of_pool = found[len(self._judged) :]
        self._weighed = True
        self._facts["pool"] = float(self.pool.of_draws[0, :, 1:].sum(axis=1).mean())

    def _fold(self, flow: FlowModel, held_out: Array) -> _Fold:
        x, hidden = self._problem.x_incomplete, self._problem.missing | held_out
        rows = flow.rows(x, hidden)
        mean, kind = flow.mean(rows), kind_of(flow, rows, self._problem.categorical)
        return _Fold(flow, rows, hidden, held_out, mean, kind)

    def _further(self) -> list[tuple[FlowModel, Array]]:
        """Return bases without other cells, and these, where the table is too small for one tenth of it to tell.

        Bases and trees are fitted in no time, a flow is not: there the base stands for it. Where the network takes away
        a tenth of what the base leaves, the base would speak against it, and there are none.
        """
        x, now = self._problem.x_incomplete, self.flow.model()
        first = [int(block[0]) for block in columns_of(self._problem)]
        wanted = int(min(_FOLDS, _ENOUGH // max(int(self._held_out[:, first].sum()), 1)))
        found = []
        if self._weighed or self.flow.explained > _NETWORK:
            return []
        for _ in range(wanted):
            held_out = choose_observed(
                ~self._problem.missing, self._problem.categorical, self._settings.held_out, self._rng
            )
            base = base_without(self._bases, x, held_out, self._rng).to(now.base.mean.device)
            found.append((replace(now, base=base, point_weight=0.0, draw_weight=0.0), held_out))
        return found

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the flow's mean."""
        return self.flow.mean(x, missing, block)

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return the chains from which the weights were learnt."""
        return self._state[..., block]

    def facts(self) -> dict[str, Any]:
        """Return those of the flow, and the share of donors among draws."""
        return self._facts

    def finished(self) -> DonorTrees:
        """Return the donors of the model, grown on what the flow draws for the missing cells now."""
        if not self._sets or not (self.pool.of_draws[..., 1:].any() or self.pool.of_means[..., 1:].any()):
            return DonorTrees()
        x, hidden, flow = self._problem.x_incomplete, self._problem.missing, self.flow.model()
        rows = flow.rows(x, hidden)
        drawn = self._drawn(flow, rows, hidden, np.arange(len(x)), self._sets)
        kind = kind_of(flow, rows, self._problem.categorical)
        state = Chains(drawn, hidden, kind, self._rng.random((self._sets, len(x))))
        return self._grown(state, ~hidden, self._wanted, self.pool, self._sweeps)

    def _drawn(self, flow: FlowModel, rows: Rows, hidden: Array, at: Array, count: int) -> Array:
        """Return ``count`` draws of the flow, of the rows ``at``, (count, len(at), d)."""
        noise = torch.Generator(device=rows.values.device).manual_seed(int(self._rng.integers(2**63 - 1)))
        part = rows.at(at)
        drawn = flow.possible(part, flow.draw(part, count, noise))
        return np.where(hidden[at], self._support.nearest(drawn), self._problem.x_incomplete[at])

    def _grown(
        self,
        state: Chains,
        targets: Array,
        blocks: list[Array],
        pool: Pool,
        sweeps: int,
        judged: Callable[[ColumnTrees, Chains], None] | None = None,
    ) -> DonorTrees:
        def report(done: int, total: int) -> None:
            self._progress("trees", done, total)

        return grown(state, targets, blocks, pool, sweeps, self._rng, report, judged)


def kind_of(flow: FlowModel, rows: Rows, categorical: tuple[Array, ...]) -> Array:
    """Return the class of each cell, int (n, d), 1 where the base gives it less than a tenth of a deviation.

    The indicators of a category are in the class of the least sharp of them. Columns that follow from all others are in
    it whatever is observed: given the others, a cell of theirs could not be moved.
    """
    spread = rows.spread.double().cpu().numpy()
    for block in categorical:
        spread[:, block] = spread[:, block].max(axis=1, keepdims=True)
    fixed = flow.told(categorical) < FIXED
    for block in categorical:
        fixed[block] = False
    return ((spread < SHARP) | fixed).astype(int)
