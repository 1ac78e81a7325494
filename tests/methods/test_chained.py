"""The classical methods are combinations of transport, sweep and solver, to the last bit."""

import warnings

import numpy as np
import pytest

from mirimpute.errors import UserError
from mirimpute.imputers.mirf_imputer import MirfImputer
from mirimpute.methods.baselines.gaussian_em import GaussianEm
from mirimpute.methods.baselines.hot_deck import HotDeck
from mirimpute.methods.baselines.hyper import Hyper
from mirimpute.methods.baselines.ice import Ice
from mirimpute.methods.baselines.mean import Mean
from mirimpute.methods.baselines.mice import Mice
from mirimpute.methods.baselines.missforest import MissForest
from mirimpute.methods.chained import COMBINATIONS, DRAW, SWEEPS, TRANSPORTS, used
from mirimpute.methods.mirf.settings import Mirf, Solver
from mirimpute.methods.sanity import check
from mirimpute.table.scale import observed_scale
from tests.methods.conftest import correlated, problem_of

ONE, MANY = Solver(steps=1), Solver(steps=3)
SMALL = {"steps": 8, "width": 16, "batch": 32, "chains": 2, "trees": 3, "rounds": 2}


def small_one(**parameters):
    """Return a combination with what it reads of SMALL."""
    reads = used(Mirf(**parameters))
    return Mirf(**parameters, **{name: value for name, value in SMALL.items() if name in reads})


def impute(method, problem):
    method.check()
    return method.fit(problem).impute()


@pytest.mark.parametrize(
    ("composed", "method"),
    [
        (Mirf(transport="constant", solver=ONE), Mean()),
        (Mirf(transport="constant", sweep="columnwise", solver=ONE), Mean()),
        (Mirf(transport="linear", sweep="columnwise", solver=ONE), Ice()),
        (Mirf(transport="linear", sweep="columnwise", solver=ONE, rounds=3), Ice(rounds=3)),
        (Mirf(transport="forest", sweep="columnwise", solver=ONE, trees=10), MissForest(trees=10)),
        (Mirf(transport="linear", sweep="joint", solver=ONE), GaussianEm()),
        (Mirf(transport="gaussian", sweep="joint", solver=ONE), GaussianEm()),
        (Mirf(transport="choice", sweep="columnwise", solver=ONE, trees=5, chains=3), Hyper(trees=5, draws=3)),
    ],
    ids=lambda method: f"{method.name}-{getattr(method, 'transport', '')}",
)
def test_one_euler_step_is_the_classical_method(composed, method, small):
    ours, theirs = impute(composed, small), impute(method, small)
    assert np.array_equal(ours.point, theirs.point)
    if isinstance(method, Hyper):
        assert np.array_equal(ours.draws, theirs.draws)
    assert [entry["change"] for entry in ours.trace] == [entry["change"] for entry in theirs.trace]


@pytest.mark.parametrize(
    ("composed", "method"),
    [
        (Mirf(transport="constant", chains=3), HotDeck(draws=3)),
        (Mirf(transport="bayes", sweep="columnwise", chains=3), Mice(chains=3, kind="bayes")),
        (Mirf(transport="bayes_by_row", sweep="columnwise", chains=3), Mice(chains=3, kind="bayes_by_row")),
        (Mirf(transport="pmm", sweep="columnwise", chains=3), Mice(chains=3, kind="pmm")),
        (Mirf(transport="gaussian", chains=3), GaussianEm(draws=3)),
    ],
    ids=lambda method: f"{method.name}-{getattr(method, 'transport', '')}",
)
def test_more_steps_are_the_draws_of_the_classical_method(composed, method, small):
    assert np.array_equal(impute(composed, small).draws, impute(method, small).draws)


def test_the_linear_columnwise_step_is_scikit_learns_iterative_imputer():
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer
    from sklearn.linear_model import BayesianRidge

    problem = problem_of(correlated(n=120, d=5)[1])
    ours = impute(Mirf(transport="linear", sweep="columnwise", solver=ONE), problem).point
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = IterativeImputer(BayesianRidge(), max_iter=10, tol=1e-3).fit_transform(problem.x_incomplete)
    assert np.allclose(ours, theirs, atol=1e-8)


@pytest.mark.parametrize("key", list(COMBINATIONS), ids="-".join)
def test_every_listed_combination_completes_the_table(key, small):
    transport, sweep, step = key
    solver = MANY if step == DRAW else ONE
    method = small_one(transport=transport, sweep=sweep, solver=solver)
    first, second = impute(method, small), impute(method, small)
    check(small, first, returns_column_means=method.returns_column_means)
    assert method.returns_column_means == (COMBINATIONS[key].method == "mean")
    assert np.array_equal(first.point, second.point)
    assert np.array_equal(first.draws, second.draws)
    assert len(first.draws) == (2 if step == DRAW or transport == "choice" else 1)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"transport": "linear", "sweep": "columnwise", "width": 77}, "method.width=77 has no effect"),
        ({"transport": "gaussian", "solver": ONE, "chains": 9}, "method.chains=9 has no effect .* and a mean"),
        ({"sweep": "columnwise", "candidates": 9}, "method.candidates=9 has no effect with method.transport=flow"),
        ({"transport": "forest", "solver": ONE, "sweep": "columnwise", "leaf": 2, "trees": 9}, ""),
    ],
)
def test_parameters_that_a_combination_does_not_read_are_refused(parameters, said):
    method = Mirf(**parameters)
    if not said:
        return method.check()
    with pytest.raises(UserError, match=said):
        method.check()


def test_the_network_of_a_column_reads_what_the_table_of_combinations_says():
    from mirimpute.methods.columnwise.column_flow import ColumnFlowSettings

    assert set(ColumnFlowSettings.__dataclass_fields__) == COMBINATIONS["flow", "columnwise", "mean"].uses


def test_what_is_not_listed_is_refused_in_one_sentence():
    refused = 0
    for transport in TRANSPORTS:
        for sweep in SWEEPS:
            for solver in (ONE, MANY):
                step = DRAW if solver is MANY else "mean"
                if (transport, sweep, step) in COMBINATIONS or (transport, sweep) == ("flow", "joint"):
                    Mirf(transport=transport, sweep=sweep, solver=solver).check()
                    continue
                refused += 1
                with pytest.raises(UserError, match=rf"method.transport={transport} does not go .*: give method\."):
                    Mirf(transport=transport, sweep=sweep, solver=solver).check()
    assert refused == 14


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"transport": "lineer"}, "unknown method.transport 'lineer': did you mean 'linear'"),
        ({"selection": "yes"}, "method.selection='yes' is unknown: give one of never, self_masking"),
        ({"sweep": "jiont"}, "unknown method.sweep 'jiont': did you mean 'joint'"),
        ({"transport": "linear", "selection": "self_masking"}, "method.selection=self_masking"),
    ],
)
def test_mistakes_name_the_key(parameters, words):
    with pytest.raises(UserError, match=words):
        Mirf(**parameters).check()


@pytest.mark.parametrize("transport", ["linear", "forest", "boosting", "flow"])
def test_awkward_tables(transport):
    """Constant and duplicate columns, an empty row, a column observed once."""
    x = np.random.default_rng(0).normal(size=(12, 4))
    x[:, 1], x[:, 2] = 5.0, x[:, 0]
    x[0], x[1:, 3] = np.nan, np.nan
    x[3, 0] = x[5, 1] = np.nan
    x[0, 3] = 1.0
    problem = problem_of(observed_scale(x).standardise(x))
    for sweep in ("columnwise", "joint") if transport not in ("linear", "flow") else ("columnwise",):
        imputation = impute(small_one(transport=transport, sweep=sweep, solver=MANY), problem)
        assert np.isfinite(imputation.draws).all()
        assert (imputation.draws[:, :, 1] == problem.x_incomplete[1, 1]).all()


def _gaussian_draws(**parameters):
    """Draws for N(0, 0.7^|i-j|), standardised by the true conditional moments given the observed entries."""
    import torch

    from mirimpute.methods.gaussian import GaussianModel

    _, x_incomplete = correlated(n=600, d=3, rate=0.3)
    covariance = torch.as_tensor(0.7 ** np.abs(np.subtract.outer(np.arange(3), np.arange(3))))
    model = GaussianModel(torch.zeros(3, dtype=torch.float64), covariance)
    known = torch.as_tensor(~np.isnan(x_incomplete))
    mean, spread = model.condition(torch.as_tensor(np.nan_to_num(x_incomplete)), known)
    draws = impute(Mirf(chains=4, **parameters), problem_of(x_incomplete)).draws
    return ((draws - mean.numpy()) / spread.numpy())[:, np.isnan(x_incomplete)]


@pytest.mark.parametrize(
    "parameters",
    [
        {"transport": "linear", "sweep": "columnwise", "solver": Solver(steps=12)},
        {"transport": "forest", "sweep": "joint", "trees": 10, "rounds": 2, "solver": Solver(steps=10)},
        {"transport": "boosting", "sweep": "columnwise", "rounds": 2, "solver": Solver(steps=4)},
        {"transport": "flow", "sweep": "columnwise", "steps": 150, "width": 32, "rounds": 2, "solver": Solver(steps=6)},
    ],
    ids=lambda parameters: f"{parameters['transport']}-{parameters['sweep']}",
)
def test_new_combinations_draw_from_the_conditional_distribution_of_a_gaussian(parameters):
    standardised = _gaussian_draws(**parameters)
    # few steps end in a prediction, and trees shrink its extremes: the spread is a little low
    assert abs(standardised.mean()) < 0.15
    assert standardised.std() == pytest.approx(1.0, abs=0.2)


def test_the_estimator_refuses_what_cannot_complete_new_rows():
    x = correlated()[1]
    with pytest.raises(UserError, match="no new rows"):
        MirfImputer(parameters={"transport": "linear", "sweep": "columnwise"}).fit(x)
    with pytest.raises(UserError, match="unknown key of solver 'stesp'"):
        MirfImputer(parameters={"solver": {"stesp": 3}}).fit(x)
    with pytest.raises(UserError, match="is no dict"):
        MirfImputer(parameters={"solver": "euler"}).fit(x)
