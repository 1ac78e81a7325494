"""Transport x sweep x solver: the methods of the outer loop as combinations of three parameters of ``mirf``.

``method=mirf method.transport=linear method.sweep=columnwise method.solver.steps=1`` is ice; docs/theory.md derives
which combination is which method. One Euler step of the flow is the conditional mean, more are a draw. The joint flow
is mirf itself (:mod:`mirimpute.methods.mirf.settings`); everything else is put together here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirimpute.errors import UserError, unknown
from mirimpute.methods.base import Imputation, Problem
from mirimpute.methods.baselines.gaussian_em import GaussianEm
from mirimpute.methods.baselines.hyper import Hyper
from mirimpute.methods.baselines.ice import Ice
from mirimpute.methods.baselines.mice import Mice
from mirimpute.methods.baselines.missforest import MissForest
from mirimpute.methods.mirf.self_masking import SELF_MASKING
from mirimpute.seeding import generator, integer_seed
from mirimpute.types import Progress

if TYPE_CHECKING:
    from mirimpute.methods.columnwise.regressor import NewRegressor
    from mirimpute.methods.loop import Transport
    from mirimpute.methods.mirf.settings import Mirf

SWEEPS = ("joint", "columnwise")
MEAN, DRAW = "mean", "draw"
_ROUNDS_OF_DRAWS = 5
_SOLVER_STEPS = 8

Build = Callable[["Mirf", Problem], "Transport"]


@dataclass(frozen=True)
class Combination:
    """A transport that can be moved in a way, and how its loop runs.

    Attributes:
        method: the method that it is, under whose name its random numbers are drawn too; "" for one that has no other
            name.
        build: what makes the transport.
        rounds: the most rounds, unless the user gives another number.
        stop, tolerance: see :class:`mirimpute.methods.loop.Schedule`.
        fill: "means" or "draws", of the observed cells of each column.
        exact: the transport draws jointly from a mean that it knows exactly.
        errors: the transport predicts a mean, and draws by adding errors to it after the last round.
        uses: parameters of mirf that it reads besides those that all combinations read.
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


def _constant(settings: Mirf, problem: Problem) -> Transport:
    from mirimpute.methods.columnwise.constant import ColumnTransport

    return ColumnTransport(problem.categorical)


def _linear(settings: Mirf, problem: Problem) -> Transport:
    from mirimpute.methods.columnwise.linear import LinearTransport

    return LinearTransport()


def _gaussian(settings: Mirf, problem: Problem) -> Transport:
    from mirimpute.methods.baselines.gaussian_em import GaussianTransport

    return GaussianTransport(GaussianEm.shrinkage, GaussianEm.tolerance)


def _forest(settings: Mirf, problem: Problem) -> Transport:
    from mirimpute.methods.columnwise.forest import ForestTransport

    return ForestTransport(settings.trees, MissForest.max_features, settings.leaf)


def _boosting(settings: Mirf, problem: Problem) -> Transport:
    from mirimpute.methods.columnwise.boosting import BoostingTransport

    return BoostingTransport(Hyper.iterations)


def _choice(settings: Mirf, problem: Problem) -> Transport:
    from mirimpute.methods.columnwise.model_selection import ChoiceTransport

    return ChoiceTransport(_regressors(settings), Hyper.folds, Hyper.most_rows, every_round=False)


def _bayes(by_row: bool) -> Build:
    """Return what builds Bayesian regressions, whose parameters are drawn once, or for every row."""

    def build(settings: Mirf, problem: Problem) -> Transport:
        from mirimpute.methods.columnwise.bayes import BayesTransport

        return BayesTransport(by_row)

    return build


def _pmm(settings: Mirf, problem: Problem) -> Transport:
    from mirimpute.methods.columnwise.matching import MatchingTransport

    return MatchingTransport(Mice.donors)


def _column_flow(settings: Mirf, problem: Problem) -> Transport:
    from mirimpute.methods.columnwise.column_flow import ColumnFlowSettings, ColumnFlowTransport
    from mirimpute.methods.device import torch_device

    chosen = {name: getattr(settings, name) for name in ColumnFlowSettings.__dataclass_fields__}
    seed = integer_seed(problem.seed, "column flow") % 2**63
    solver = settings.solver
    device = torch_device(problem.device)
    return ColumnFlowTransport(ColumnFlowSettings(**chosen), solver.name, solver.steps or _SOLVER_STEPS, device, seed)


def _velocity(name: str) -> Build:
    """Return what builds a flow whose velocity is regressions of this name."""

    def build(settings: Mirf, problem: Problem) -> Transport:
        from mirimpute.methods.columnwise.regression_flow import VelocityTransport

        new_regressor = _regressors(settings)["ridge" if name == "linear" else name]
        return VelocityTransport(new_regressor, settings.solver.name, settings.solver.steps or _SOLVER_STEPS)

    return build


def _regressors(settings: Mirf) -> dict[str, NewRegressor]:
    from mirimpute.methods.columnwise.model_selection import regressors

    return regressors(settings.trees, MissForest.max_features, settings.leaf, Hyper.iterations)


_TREES = frozenset({"trees", "leaf"})
_NETWORK = frozenset(
    {"steps", "batch", "width", "blocks", "dropout", "learning_rate", "weight_decay", "average", "start_fraction"}
)
_EM = Combination(
    "gaussian_em", _gaussian, GaussianEm.rounds, stop="transport", tolerance=GaussianEm.tolerance, exact=True
)
_MEAN = Combination("mean", _constant, 1)
_HOT_DECK = Combination("hot_deck", _constant, 1)

COMBINATIONS: dict[tuple[str, str, str], Combination] = {
    ("constant", "joint", MEAN): _MEAN,
    ("constant", "columnwise", MEAN): _MEAN,
    ("constant", "joint", DRAW): _HOT_DECK,
    ("constant", "columnwise", DRAW): _HOT_DECK,
    ("linear", "columnwise", MEAN): Combination("ice", _linear, Ice.rounds, "change", Ice.tolerance),
    ("linear", "columnwise", DRAW): Combination("", _velocity("linear"), _ROUNDS_OF_DRAWS, fill="draws"),
    ("linear", "joint", MEAN): _EM,
    ("linear", "joint", DRAW): _EM,
    ("gaussian", "joint", MEAN): _EM,
    ("gaussian", "joint", DRAW): _EM,
    ("forest", "columnwise", MEAN): Combination("missforest", _forest, MissForest.rounds, "rise", uses=_TREES),
    ("forest", "columnwise", DRAW): Combination("", _velocity("forest"), _ROUNDS_OF_DRAWS, fill="draws", uses=_TREES),
    ("forest", "joint", MEAN): Combination("", _velocity("forest"), MissForest.rounds, "rise", uses=_TREES),
    ("forest", "joint", DRAW): Combination("", _velocity("forest"), _ROUNDS_OF_DRAWS, fill="draws", uses=_TREES),
    ("boosting", "columnwise", MEAN): Combination("", _boosting, MissForest.rounds, "rise"),
    ("boosting", "columnwise", DRAW): Combination("", _velocity("boosting"), _ROUNDS_OF_DRAWS, fill="draws"),
    ("boosting", "joint", MEAN): Combination("", _velocity("boosting"), MissForest.rounds, "rise"),
    ("boosting", "joint", DRAW): Combination("", _velocity("boosting"), _ROUNDS_OF_DRAWS, fill="draws"),
    ("choice", "columnwise", MEAN): Combination("hyper", _choice, Hyper.rounds, "rise", errors=True, uses=_TREES),
    ("bayes", "columnwise", DRAW): Combination("mice", _bayes(False), Mice.rounds, fill="draws"),
    ("bayes_by_row", "columnwise", DRAW): Combination("mice", _bayes(True), Mice.rounds, fill="draws"),
    ("pmm", "columnwise", DRAW): Combination("mice", _pmm, Mice.rounds, fill="draws"),
    ("flow", "columnwise", MEAN): Combination("", _column_flow, _ROUNDS_OF_DRAWS, uses=_NETWORK),
    ("flow", "columnwise", DRAW): Combination("", _column_flow, _ROUNDS_OF_DRAWS, fill="draws", uses=_NETWORK),
}
"""(transport, sweep, mean or draw) -> what is run. The joint flow is not here: it is mirf."""

TRANSPORTS = tuple(dict.fromkeys(transport for transport, _, _ in COMBINATIONS))

_ONE_COLUMN = "it predicts one column from all others: give method.sweep=columnwise"
_MEAN_IS_LINEAR = "it draws, and its mean is method.transport=linear: give method.solver.steps=2 or more"
_REFUSED: dict[tuple[str, str], str] = {
    ("gaussian", "columnwise"): "it moves all columns at once: give method.sweep=joint, or method.transport=linear",
    ("choice", "joint"): _ONE_COLUMN,
    ("bayes", "joint"): _ONE_COLUMN,
    ("bayes_by_row", "joint"): _ONE_COLUMN,
    ("pmm", "joint"): _ONE_COLUMN,
    ("choice", DRAW): "it knows the conditional mean only: give method.solver.steps=1",
    ("bayes", MEAN): _MEAN_IS_LINEAR,
    ("bayes_by_row", MEAN): _MEAN_IS_LINEAR,
    ("pmm", MEAN): _MEAN_IS_LINEAR,
}
"""Transport and what it cannot be combined with -> why not, and what can be done instead."""


def is_composed(settings: Mirf) -> bool:
    """Return whether ``settings`` ask for anything but the joint flow."""
    return (settings.transport, settings.sweep) != ("flow", "joint")


def check_combination(settings: Mirf) -> None:
    """Refuse combinations without a meaning.

    Raises:
        UserError: an unknown transport or sweep, or two that do not go together; says why and what does.
    """
    if settings.transport not in TRANSPORTS:
        raise unknown("method.transport", settings.transport, TRANSPORTS)
    if settings.sweep not in SWEEPS:
        raise unknown("method.sweep", settings.sweep, SWEEPS)
    if not is_composed(settings):
        return
    step = _step(settings)
    for other, said in ((settings.sweep, f"method.sweep={settings.sweep}"), (step, f"a {step}")):
        if (settings.transport, other) in _REFUSED:
            reason = _REFUSED[settings.transport, other]
            raise UserError(f"method.transport={settings.transport} does not go with {said}, because {reason}")
    if settings.selection == SELF_MASKING:
        raise UserError(
            "method.selection=self_masking tilts the joint flow: leave out method.transport and method.sweep, or "
            "selection"
        )
    defaults, reads = type(settings)(), used(settings)
    for name, given in vars(settings).items():
        if name not in reads and given != getattr(defaults, name):
            raise UserError(
                f"method.{name}={given} has no effect with method.transport={settings.transport} "
                f"method.sweep={settings.sweep} and a {step}: leave it out"
            )


def used(settings: Mirf) -> frozenset[str]:
    """Return the parameters that the combination reads; all others would be given in vain."""
    step = _step(settings)
    chosen = COMBINATIONS[settings.transport, settings.sweep, step]
    chains = {"chains"} if step == DRAW or chosen.errors else set()
    return frozenset({"name", "transport", "sweep", "solver", "rounds", *chains}) | chosen.uses


def compose(settings: Mirf, problem: Problem, progress: Progress) -> Imputation:
    """Run the loop with the transport, sweep and solver that ``settings`` ask for."""
    from mirimpute.methods.device import threads_for
    from mirimpute.methods.loop import Schedule, fill_draws, fill_means, reduce

    step = _step(settings)
    chosen = COMBINATIONS[settings.transport, settings.sweep, step]
    drawn = step == DRAW
    schedule = Schedule(
        sweep=settings.sweep,
        step=DRAW if drawn and not chosen.exact else MEAN,
        rounds=settings.rounds or chosen.rounds,
        stop=chosen.stop,
        tolerance=chosen.tolerance,
        chains=settings.chains if drawn and not chosen.exact else 1,
        draws=settings.chains if chosen.errors or (drawn and chosen.exact) else 0,
    )
    name = chosen.method or f"mirf {settings.transport} {settings.sweep} {step}"
    fill = fill_draws if chosen.fill == "draws" else fill_means
    with threads_for(problem.x_incomplete.shape[1] > GaussianEm.many_columns):
        return reduce(problem, chosen.build(settings, problem), schedule, fill, generator(problem.seed, name), progress)


def _step(settings: Mirf) -> str:
    return MEAN if settings.solver.steps == 1 else DRAW
