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
from mirimpute.methods.chained import COMBINATIONS, DRAW, SWEEPS, TRANSPORTS, Chained, used
from mirimpute.methods.flow_parameters import Network, Solver
from mirimpute.methods.presets import named_method
from mirimpute.methods.sanity import check
from mirimpute.table.scale import observed_scale
from tests.methods.conftest import correlated, problem_of

ONE, MANY = Solver(steps=1), Solver(steps=3)
SMALL = {"chains": 2, "trees": 3, "rounds": 2, "network": Network(steps=8, width=16, batch=32)}


def small_one(**parameters):
    """Return a combination with what it reads of SMALL."""
    reads = used(Chained(**parameters))
    return Chained(**parameters, **{name: value for name, value in SMALL.items() if name in reads})


def impute(method, problem):
    method.check()
    return method.fit(problem).impute()


@pytest.mark.parametrize(
    ("composed", "method"),
    [
        (Chained(transport="constant", sweep="joint", solver=ONE), Mean()),
        (Chained(transport="constant", sweep="columnwise", solver=ONE), Mean()),
        (Chained(transport="linear", sweep="columnwise", solver=ONE), Ice()),
        (Chained(transport="linear", sweep="columnwise", solver=ONE, rounds=3), Ice(rounds=3)),
        (Chained(transport="forest", sweep="columnwise", solver=ONE, trees=10), MissForest(trees=10)),
        (Chained(transport="linear", sweep="joint", solver=ONE), GaussianEm()),
        (Chained(transport="gaussian", sweep="joint", solver=ONE), GaussianEm()),
        (
            Chained(transport="model_selection", sweep="columnwise", solver=ONE, trees=5, chains=3),
            Hyper(trees=5, draws=3),
        ),
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
        (Chained(transport="constant", sweep="joint", chains=3), HotDeck(draws=3)),
        (Chained(transport="bayes", sweep="columnwise", chains=3), Mice(chains=3, kind="bayes")),
        (Chained(transport="bayes_by_row", sweep="columnwise", chains=3), Mice(chains=3, kind="bayes_by_row")),
        (Chained(transport="pmm", sweep="columnwise", chains=3), Mice(chains=3, kind="pmm")),
        (Chained(transport="cart", sweep="columnwise", chains=3), Mice(chains=3, kind="cart")),
        (Chained(transport="rf", sweep="columnwise", chains=3), Mice(chains=3, kind="rf")),
        (Chained(transport="gaussian", sweep="joint", chains=3), GaussianEm(draws=3)),
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
    ours = impute(Chained(transport="linear", sweep="columnwise", solver=ONE), problem).point
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
    assert len(first.draws) == (2 if step == DRAW or transport == "model_selection" else 1)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"transport": "linear", "trees": 77}, "method.trees=77 has no effect"),
        (
            {"transport": "gaussian", "sweep": "joint", "solver": ONE, "chains": 9},
            "method.chains=9 has no effect .* and a mean",
        ),
        ({"network": Network(width=9)}, "method.network.* has no effect with method.transport=linear"),
        ({"transport": "forest", "solver": ONE, "sweep": "columnwise", "leaf": 2, "trees": 9}, ""),
    ],
)
def test_parameters_that_a_combination_does_not_read_are_refused(parameters, said):
    method = Chained(**parameters)
    if not said:
        return method.check()
    with pytest.raises(UserError, match=said):
        method.check()


def test_what_is_not_listed_is_refused_in_one_sentence():
    for transport in TRANSPORTS:
        for sweep in SWEEPS:
            for solver in (ONE, MANY):
                step = DRAW if solver is MANY else "mean"
                if (transport, sweep, step) in COMBINATIONS:
                    Chained(transport=transport, sweep=sweep, solver=solver).check()
                    continue
                with pytest.raises(UserError, match=rf"method.transport={transport} does not go .*: give method"):
                    Chained(transport=transport, sweep=sweep, solver=solver).check()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"transport": "lineer"}, "unknown method.transport 'lineer': did you mean 'linear'"),
        ({"solver": Solver(name="rk4")}, "unknown method.solver.name 'rk4'"),
        ({"transport": "flow", "network": Network(dropout=1.0)}, "method.network.dropout=1.0 is outside"),
        ({"sweep": "jiont"}, "unknown method.sweep 'jiont': did you mean 'joint'"),
        ({"transport": "flow", "sweep": "joint"}, "give method=mirf"),
    ],
)
def test_mistakes_name_the_key(parameters, words):
    with pytest.raises(UserError, match=words):
        Chained(**parameters).check()


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
    draws = impute(Chained(chains=4, **parameters), problem_of(x_incomplete)).draws
    return ((draws - mean.numpy()) / spread.numpy())[:, np.isnan(x_incomplete)]


@pytest.mark.parametrize(
    "parameters",
    [
        {"transport": "linear", "sweep": "columnwise", "solver": Solver(steps=12)},
        {"transport": "forest", "sweep": "joint", "trees": 10, "rounds": 2, "solver": Solver(steps=10)},
        {"transport": "boosting", "sweep": "columnwise", "rounds": 2, "solver": Solver(steps=4)},
        {"transport": "donors", "sweep": "columnwise", "leaf": 10},
        {
            "transport": "flow",
            "sweep": "columnwise",
            "network": Network(steps=150, width=32),
            "rounds": 2,
            "solver": Solver(steps=6),
        },
    ],
    ids=lambda parameters: f"{parameters['transport']}-{parameters['sweep']}",
)
def test_new_combinations_draw_from_the_conditional_distribution_of_a_gaussian(parameters):
    standardised = _gaussian_draws(**parameters)
    # few steps end in a prediction, and trees shrink its extremes: the spread is a little low
    assert abs(standardised.mean()) < 0.15
    assert standardised.std() == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(
    ("parameter", "now"),
    [
        ({"transport": "forest"}, "give method=chained method.transport=forest"),
        ({"sweep": "columnwise"}, "give method=chained .*method.sweep=columnwise"),
    ],
)
def test_the_old_names_of_mirf_end_with_the_new_command(parameter, now):
    with pytest.raises(UserError, match=now):
        MirfImputer(parameters=parameter).fit(correlated()[1])
    with pytest.raises(UserError, match=now):
        named_method("mirf_fast", parameter)


def test_the_parameters_of_a_solver_are_checked():
    with pytest.raises(UserError, match="unknown key of solver 'stesp'"):
        named_method("chained", {"solver": {"stesp": 3}})
    with pytest.raises(UserError, match="is no dict"):
        named_method("chained", {"solver": "euler"})
