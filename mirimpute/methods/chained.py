"""`chained`: the methods of the outer loop, as combinations of a transport, a sweep and a solver.

``method=chained method.transport=linear method.solver.steps=1`` is ice; docs/theory.md derives which combination is
which method. One Euler step of the flow is the conditional mean, more are a draw. The joint flow is ``mirf``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from mirimpute.errors import UserError, unknown
from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.methods.baselines.gaussian_em import GaussianEm, GaussianTransport
from mirimpute.methods.baselines.hyper import Hyper
from mirimpute.methods.baselines.ice import Ice
from mirimpute.methods.baselines.mice import Mice
from mirimpute.methods.baselines.missforest import MissForest
from mirimpute.methods.columnwise.bayes import BayesTransport
from mirimpute.methods.columnwise.boosting import BoostingTransport
from mirimpute.methods.columnwise.constant import ColumnTransport
from mirimpute.methods.columnwise.forest import ForestTransport
from mirimpute.methods.columnwise.linear import LinearTransport
from mirimpute.methods.columnwise.matching import MatchingTransport
from mirimpute.methods.columnwise.model_selection import ChoiceTransport, classifiers, regressors
from mirimpute.methods.columnwise.tree_donors import CART, FOREST, FOREST_OF_CATEGORIES, Growth, TreeDonorsTransport
from mirimpute.methods.flow_parameters import Network, Solver
from mirimpute.methods.parameters import Count
from mirimpute.seeding import generator, integer_seed
from mirimpute.types import Progress, no_progress

if TYPE_CHECKING:
    from mirimpute.methods.columnwise.regressor import NewRegressor
    from mirimpute.methods.transport import Transport

SWEEPS = ("joint", "columnwise")
MEAN, DRAW = "mean", "draw"
_ON_ALL_COLUMNS = ("constant", "model_selection", "flow")
"""Transports that use no other column, or keep something of each from round to round."""
_ROUNDS_OF_DRAWS = 5
_SOLVER_STEPS = 8


@dataclass
class Chained(Method):
    """Move the missing entries by a transport, one column after the other or all at once, round after round.

    Attributes:
        transport: what the entries are moved by: constant, linear, gaussian, forest, boosting, model_selection, bayes,
            bayes_by_row, pmm, cart, rf, donors, flow.
        sweep: joint (all columns at once) or columnwise (one after the other).
        rounds: the most rounds (null: what suits the transport).
        chains: completed copies of the table, each a draw.
        solver: one step is the conditional mean, more are a draw (null: 8).
        trees, leaf: of forests: trees, and rows in a leaf at least; of donors the second alone.
        network: of ``transport=flow``.
    """

    version: ClassVar[int] = 2

    name: str = "chained"
    transport: str = "linear"
    sweep: str = "columnwise"
    rounds: Count | None = None
    chains: Count = 20
    solver: Solver = field(default_factory=Solver)
    trees: Count = 50
    leaf: Count = 3
    network: Network = field(default_factory=Network)

    @property
    def returns_column_means(self) -> bool:  # type: ignore[override]  # one class stands for every combination
        """True for the combination that is mean imputation."""
        return self.transport == "constant" and self.step == MEAN

    @property
    def by_column(self) -> bool:  # type: ignore[override]
        """True for the combinations that predict one column after the other."""
        return self.sweep == "columnwise" and self.transport not in _ON_ALL_COLUMNS

    @property
    def step(self) -> str:
        """``"mean"`` or ``"draw"``."""
        return MEAN if self.solver.steps == 1 else DRAW

    def check(self) -> None:
        """Refuse parameters without a meaning, and combinations without one: says why and what to give.

        Raises:
            UserError: an unknown transport or sweep, two that do not go together, or a parameter without an effect.
        """
        if self.transport not in TRANSPORTS:
            raise unknown("method.transport", self.transport, TRANSPORTS)
        if self.sweep not in SWEEPS:
            raise unknown("method.sweep", self.sweep, SWEEPS)
        super().check()
        for other, said in ((self.sweep, f"method.sweep={self.sweep}"), (self.step, f"a {self.step}")):
            if (self.transport, other) in _REFUSED:
                reason = _REFUSED[self.transport, other]
                raise UserError(f"method.transport={self.transport} does not go with {said}, because {reason}")
        defaults, reads = type(self)(), used(self)
        for name, given in vars(self).items():
            if name not in reads and given != getattr(defaults, name):
                raise UserError(
                    f"method.{name}={given} has no effect with method.transport={self.transport} "
                    f"method.sweep={self.sweep} and a {self.step}: leave it out"
                )

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Run the loop with the transport, sweep and solver."""
        from mirimpute.methods.device import threads_for
        from mirimpute.methods.loop import Schedule, fill_draws, fill_means, reduce

        combination = COMBINATIONS[self.transport, self.sweep, self.step]
        drawn, exact = self.step == DRAW, combination.exact
        schedule = Schedule(
            sweep=self.sweep,
            step=DRAW if drawn and not exact else MEAN,
            rounds=self.rounds or combination.rounds,
            stop=combination.stop,
            tolerance=combination.tolerance,
            chains=self.chains if drawn and not exact else 1,
            draws=self.chains if combination.errors or (drawn and exact) else 0,
        )
        fill = fill_draws if combination.fill == "draws" else fill_means
        rng = generator(problem.seed, combination.method or f"mirf {self.transport} {self.sweep} {self.step}")
        with threads_for(problem.x_incomplete.shape[1] > GaussianEm.many_columns):
            return Completed(reduce(problem, combination.build(self, problem), schedule, fill, rng, progress))


Build = Callable[[Chained, Problem], "Transport"]


@dataclass(frozen=True)
class Combination:
    """A transport that can be moved in a way, and how its loop runs.

    Attributes:
        method: the method that it is, with that method's numbers of trees and chains, and under whose name its random
            numbers are drawn; "" for one that has no other name.
        build: what makes the transport.
        rounds: the most rounds, unless the user gives another number.
        stop, tolerance: see :class:`mirimpute.methods.loop.Schedule`.
        fill: "means" or "draws", of the observed cells of each column.
        exact: the transport draws jointly from a mean that it knows exactly.
        errors: the transport predicts a mean, and draws by adding errors to it after the last round.
        uses: parameters that it reads besides those that all combinations read.
    """

    method: str
    build: Build
    rounds: int
    stop: str = "never"
    tolerance: float = 0.0
    fill: str = "means"
    exact: bool = False
    errors: bool = False
    uses: frozenset[str] = frozenset()


def _column_flow(settings: Chained, problem: Problem) -> Transport:
    from mirimpute.methods.columnwise.column_flow import ColumnFlowTransport
    from mirimpute.methods.device import torch_device

    seed = integer_seed(problem.seed, "column flow") % 2**63
    solver, device = settings.solver, torch_device(problem.device)
    return ColumnFlowTransport(settings.network, solver.name, solver.steps or _SOLVER_STEPS, device, seed)


def _velocity(name: str) -> Build:
    """Return what builds a flow whose velocity is regressions of this name."""

    def build(settings: Chained, problem: Problem) -> Transport:
        from mirimpute.methods.columnwise.regression_flow import VelocityTransport

        new_regressor = _regressors(settings)["ridge" if name == "linear" else name]
        return VelocityTransport(new_regressor, settings.solver.name, settings.solver.steps or _SOLVER_STEPS)

    return build


def _regressors(settings: Chained) -> dict[str, NewRegressor]:
    return regressors(settings.trees, MissForest.max_features, settings.leaf, Hyper.iterations)


def _forest(settings: Chained, problem: Problem) -> Transport:
    return ForestTransport(settings.trees, MissForest.max_features, settings.leaf)


def _em(settings: Chained, problem: Problem) -> Transport:
    return GaussianTransport(GaussianEm.shrinkage, GaussianEm.tolerance)


def _model_selection(settings: Chained, problem: Problem) -> Transport:
    of_categories = classifiers(settings.trees, MissForest.max_features, settings.leaf, Hyper.iterations)
    return ChoiceTransport(_regressors(settings), Hyper.folds, Hyper.most_rows, False, of_categories)


def _donors(settings: Chained, problem: Problem) -> Transport:
    return TreeDonorsTransport(Growth(leaf=settings.leaf, features=MissForest.max_features))


_TREES = frozenset({"trees", "leaf"})
_NETWORK = frozenset({"network"})
_EM = Combination("gaussian_em", _em, GaussianEm.rounds, stop="transport", tolerance=GaussianEm.tolerance, exact=True)
_CONSTANT: Build = lambda settings, problem: ColumnTransport(problem.categorical)  # noqa: E731
_MEAN = Combination("mean", _CONSTANT, 1)
_HOT_DECK = Combination("hot_deck", _CONSTANT, 1)

COMBINATIONS: dict[tuple[str, str, str], Combination] = {
    ("constant", "joint", MEAN): _MEAN,
    ("constant", "columnwise", MEAN): _MEAN,
    ("constant", "joint", DRAW): _HOT_DECK,
    ("constant", "columnwise", DRAW): _HOT_DECK,
    ("linear", "columnwise", MEAN): Combination(
        "ice", lambda *_: LinearTransport(), Ice.rounds, "change", Ice.tolerance
    ),
    ("linear", "columnwise", DRAW): Combination("", _velocity("linear"), _ROUNDS_OF_DRAWS, fill="draws"),
    ("linear", "joint", MEAN): _EM,
    ("linear", "joint", DRAW): _EM,
    ("gaussian", "joint", MEAN): _EM,
    ("gaussian", "joint", DRAW): _EM,
    ("forest", "columnwise", MEAN): Combination("missforest", _forest, MissForest.rounds, "rise", uses=_TREES),
    ("forest", "columnwise", DRAW): Combination("", _velocity("forest"), _ROUNDS_OF_DRAWS, fill="draws", uses=_TREES),
    ("forest", "joint", MEAN): Combination("", _velocity("forest"), MissForest.rounds, "rise", uses=_TREES),
    ("forest", "joint", DRAW): Combination("", _velocity("forest"), _ROUNDS_OF_DRAWS, fill="draws", uses=_TREES),
    ("boosting", "columnwise", MEAN): Combination(
        "", lambda *_: BoostingTransport(Hyper.iterations), MissForest.rounds, "rise"
    ),
    ("boosting", "columnwise", DRAW): Combination("", _velocity("boosting"), _ROUNDS_OF_DRAWS, fill="draws"),
    ("boosting", "joint", MEAN): Combination("", _velocity("boosting"), MissForest.rounds, "rise"),
    ("boosting", "joint", DRAW): Combination("", _velocity("boosting"), _ROUNDS_OF_DRAWS, fill="draws"),
    ("model_selection", "columnwise", MEAN): Combination(
        "hyper", _model_selection, Hyper.rounds, "rise", errors=True, uses=_TREES
    ),
    ("bayes", "columnwise", DRAW): Combination("mice", lambda *_: BayesTransport(False), Mice.rounds, fill="draws"),
    ("bayes_by_row", "columnwise", DRAW): Combination(
        "mice", lambda *_: BayesTransport(True), Mice.rounds, fill="draws"
    ),
    ("pmm", "columnwise", DRAW): Combination(
        "mice", lambda *_: MatchingTransport(Mice.donors), Mice.rounds, fill="draws"
    ),
    ("cart", "columnwise", DRAW): Combination("mice", lambda *_: TreeDonorsTransport(CART), Mice.rounds, fill="draws"),
    ("rf", "columnwise", DRAW): Combination(
        "mice", lambda *_: TreeDonorsTransport(FOREST, FOREST_OF_CATEGORIES), Mice.rounds, fill="draws"
    ),
    ("donors", "columnwise", DRAW): Combination("", _donors, _ROUNDS_OF_DRAWS, fill="draws", uses=frozenset({"leaf"})),
    ("flow", "columnwise", MEAN): Combination("", _column_flow, _ROUNDS_OF_DRAWS, uses=_NETWORK),
    ("flow", "columnwise", DRAW): Combination("", _column_flow, _ROUNDS_OF_DRAWS, fill="draws", uses=_NETWORK),
}
"""(transport, sweep, mean or draw) -> what is run."""

TRANSPORTS = tuple(dict.fromkeys(transport for transport, _, _ in COMBINATIONS))

_ONE_COLUMN = "it predicts one column from all others: give method.sweep=columnwise"
_MEAN_IS_LINEAR = "it draws, and its mean is method.transport=linear: give method.solver.steps=2 or more"
_MEAN_IS_FOREST = "it draws, and the mean by trees is method.transport=forest: give method.solver.steps=2 or more"
_REFUSED: dict[tuple[str, str], str] = {
    ("gaussian", "columnwise"): "it moves all columns at once: give method.sweep=joint, or method.transport=linear",
    ("flow", "joint"): "the joint flow is mirf: give method=mirf, or method.sweep=columnwise",
    ("model_selection", "joint"): _ONE_COLUMN,
    ("bayes", "joint"): _ONE_COLUMN,
    ("bayes_by_row", "joint"): _ONE_COLUMN,
    ("pmm", "joint"): _ONE_COLUMN,
    ("cart", "joint"): _ONE_COLUMN,
    ("rf", "joint"): _ONE_COLUMN,
    ("donors", "joint"): _ONE_COLUMN,
    ("model_selection", DRAW): "it knows the conditional mean only: give method.solver.steps=1",
    ("bayes", MEAN): _MEAN_IS_LINEAR,
    ("bayes_by_row", MEAN): _MEAN_IS_LINEAR,
    ("pmm", MEAN): _MEAN_IS_LINEAR,
    ("cart", MEAN): _MEAN_IS_FOREST,
    ("rf", MEAN): _MEAN_IS_FOREST,
    ("donors", MEAN): _MEAN_IS_FOREST,
}
"""Transport and what it cannot be combined with -> why not, and what can be done instead."""


def used(settings: Chained) -> frozenset[str]:
    """Return the parameters that the combination reads; all others would be given in vain."""
    combination = COMBINATIONS[settings.transport, settings.sweep, settings.step]
    chains = {"chains"} if settings.step == DRAW or combination.errors else set()
    return frozenset({"name", "transport", "sweep", "solver", "rounds", *chains}) | combination.uses
