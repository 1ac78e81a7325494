"""Tune a method on observed cells that are hidden from it.

Every method gets the same budget. The truth is not used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.bench.hide import hide, hold_out
from mirimpute.bench.search_spaces import SEARCH_SPACES, Between, Space
from mirimpute.errors import ImputationError, NotInstalledError, UserError, unknown
from mirimpute.methods.base import Problem, problem_of
from mirimpute.methods.registry import METHODS
from mirimpute.seeding import integer_seed

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes:
        parameters: the best parameters; empty when nothing beat the defaults.
        error: their RMSE on the held-out cells, the mean over the tables, in standardised units.
        default_error: that of the defaults (infinite when they failed).
        trials, failed: how many settings were tried, the defaults among them, and how many of them failed.
    """

    parameters: dict[str, Any]
    error: float
    default_error: float
    trials: int
    failed: int


def search_space(name: str) -> Space:
    """Return what may be tuned of the method ``name``.

    Raises:
        UserError: there is no such method, or it has nothing to tune.
    """
    if name not in METHODS:
        raise unknown("method", name, METHODS)
    if name not in SEARCH_SPACES:
        raise UserError(
            f"method {name!r} has no parameters to tune: choose from {', '.join(SEARCH_SPACES)}, or give it a space in "
            "mirimpute/bench/search_spaces.py"
        )
    return SEARCH_SPACES[name]


def masked_problem(dataset: str, missing_rate: float, seed: int) -> Problem:
    """Return the problem that `mirimpute-bench dataset=... missing_rate=... seed=...` hands to a method, under MCAR.

    Args:
        dataset: as on the command line.
        missing_rate: fraction of the cells to hide, in (0, 1).
        seed: of the hidden cells, and of the method.

    Raises:
        UserError: there is no such dataset, or it cannot be had.
    """
    from mirimpute.amputation.registry import MECHANISMS
    from mirimpute.bench.dataset_catalog import named_dataset
    from mirimpute.datasets.location import data_directory

    source = named_dataset(dataset)
    table = source.load(data_directory())
    hidden = hide(table, source.name, MECHANISMS["mcar"](name="mcar"), missing_rate, seed)
    return problem_of(hidden.x_incomplete, table.columns, hidden.method_seed)[0]


def tune(
    name: str,
    problems: Sequence[Problem],
    trials: int,
    *,
    seed: int = 0,
    seconds: float | None = None,
    report: Callable[[int, dict[str, Any], float], None] = lambda number, parameters, error: None,
) -> Tuned:
    """Search the parameters of a method for the smallest RMSE of its point estimate on held-out observed cells.

    The first trial is the defaults; then the tree-structured Parzen estimator of Optuna proposes (Bergstra et al.,
    NeurIPS 2011). A trial that diverges counts as one and is no candidate.

    Args:
        name: a method of the registry.
        problems: incomplete tables; the error is the mean over them.
        trials: settings to try.
        seed: of the proposals.
        seconds: start no trial after so many (None: all).
        report: called after each trial with its number, parameters and error (infinite when it failed).

    Raises:
        UserError: an unknown method, one without a search space, or no trial that succeeded.
        NotInstalledError: Optuna is absent.
    """
    space = search_space(name)
    if trials < 1:
        raise UserError(f"trials={trials} tries nothing: give 1 or more")
    study = _study(seed)
    parts = [(*hold_out(problem), problem.x_incomplete) for problem in problems]
    defaults = METHODS[name]()  # type: ignore[call-arg]
    study.enqueue_trial({key: getattr(defaults, key) for key in space}, skip_if_exists=False)

    def objective(trial: optuna.Trial) -> float:
        parameters = {key: _suggest(trial, key, space[key]) for key in space} if trial.number else {}
        method = replace(defaults, **parameters)
        try:
            errors = [_error(method.fit(part).impute().point, truth, cells) for part, cells, truth in parts]
        except ImputationError as failure:
            report(trial.number + 1, parameters, float("inf"))
            raise _optuna().TrialPruned(str(failure)) from failure
        report(trial.number + 1, parameters, float(np.mean(errors)))
        return float(np.mean(errors))

    study.optimize(objective, n_trials=trials, timeout=seconds)
    done = [trial for trial in study.trials if trial.value is not None]
    if not done:
        raise UserError(f"none of {len(study.trials)} trials of {name!r} succeeded: see why with one cell of it")
    best = min(done, key=lambda trial: trial.value)
    default_error = study.trials[0].value
    return Tuned(
        parameters=dict(best.params) if best.number else {},
        error=best.value,
        default_error=float("inf") if default_error is None else default_error,
        trials=len(study.trials),
        failed=len(study.trials) - len(done),
    )


def _error(point: np.ndarray, truth: np.ndarray, cells: np.ndarray) -> float:
    return float(np.sqrt(np.mean((point[cells] - truth[cells]) ** 2)))


def _suggest(trial: optuna.Trial, key: str, choice: Any) -> Any:
    if not isinstance(choice, Between):
        return trial.suggest_categorical(key, choice.values)
    if isinstance(choice.low, int) and isinstance(choice.high, int):
        return trial.suggest_int(key, choice.low, choice.high, log=choice.log)
    return trial.suggest_float(key, choice.low, choice.high, log=choice.log)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise NotInstalledError('tuning needs Optuna: pip install "mirimpute[tune]"') from error
    return optuna


def _study(seed: int) -> Any:
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=integer_seed(seed, "tune") % 2**32))
