"""The wrapped library: its answers, its faults, and what it must not disturb."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest

from mirimpute.bench.run.isolation import run_isolated
from mirimpute.errors import ImputationError
from mirimpute.methods.base import Imputation, Problem
from mirimpute.methods.external.hyperimpute import PLUGINS, CodedTable, Hyperimpute, restore_observed
from mirimpute.methods.sanity import check, worse_than_mean
from mirimpute.table.columns import Column, Kind
from mirimpute.types import no_progress

from .plugins import impute, make_problem, needs_library

CONF = Path(__file__).parents[3] / "conf" / "method" / "hyperimpute"
SLOW = ("gain", "miracle", "missforest", "miwae", "sinkhorn", "sklearn_missforest")
THREADED = ("gain", "sklearn_missforest")  # left alone, a forest on two threads does not repeat itself
QUICK = tuple(plugin for plugin in PLUGINS if plugin not in (*SLOW, "nop"))
NAN = np.nan


@needs_library
def test_every_plugin_of_the_library_is_wrapped() -> None:
    from hyperimpute.plugins.imputers import Imputers

    assert sorted(Imputers().list()) == sorted(PLUGINS)


def test_every_plugin_has_its_configuration() -> None:
    from omegaconf import OmegaConf

    assert sorted(path.stem for path in CONF.glob("*.yaml")) == sorted(PLUGINS)
    for plugin in PLUGINS:
        text = (CONF / f"{plugin}.yaml").read_text()
        values = OmegaConf.create(text)
        assert text.startswith(f"# hyperimpute 0.1.17, {plugin}: ")
        assert values.name == f"hyperimpute/{plugin}"
        assert values.get("plugin", Hyperimpute().plugin) == plugin


@needs_library
@pytest.mark.parametrize("plugin", QUICK)
def test_quick_plugins_pass_the_gate_and_repeat_themselves(plugin: str, table: np.ndarray) -> None:
    problem = make_problem(table.copy(), seed=3)
    output = impute(plugin, problem)
    verdict = check(problem, output, returns_column_means=plugin == "mean")
    assert verdict.notes == ()
    assert np.array_equal(problem.x_incomplete, table, equal_nan=True)
    assert np.array_equal(output.draws, output.point[None])
    assert np.array_equal(impute(plugin, problem).point, output.point)


@needs_library
@pytest.mark.slow
@pytest.mark.parametrize("plugin", SLOW)
def test_slow_plugins_pass_the_gate_in_a_process_of_their_own(plugin: str, table: np.ndarray, tmp_path: Path) -> None:
    problem = make_problem(table, seed=3)
    method = Hyperimpute(name=f"hyperimpute/{plugin}", plugin=plugin)
    points = []
    for number in range(2 if plugin in THREADED else 1):
        outcome = run_isolated(method, problem, log_file=tmp_path / f"{number}.txt", progress=no_progress)
        assert outcome.status == "ok", outcome.reason
        assert outcome.imputation is not None
        assert check(problem, outcome.imputation).notes == ()
        points.append(outcome.imputation.point)
    assert all(np.array_equal(point, points[0]) for point in points)


@needs_library
def test_nop_imputes_nothing_and_the_gate_says_so(table: np.ndarray) -> None:
    problem = make_problem(table)
    with pytest.raises(ImputationError, match=f"{problem.missing.sum()} imputed cell.*NaN"):
        check(problem, impute("nop", problem))


@needs_library
def test_mean_median_and_mode_are_what_they_say() -> None:
    problem = make_problem(np.array([[1.0, 5.0], [1.0, NAN], [4.0, 5.0], [6.0, 7.0], [NAN, 9.0]]))
    assert impute("mean", problem).point[[4, 1], [0, 1]].tolist() == [3.0, 6.5]
    assert impute("median", problem).point[[4, 1], [0, 1]].tolist() == [2.5, 6.0]
    assert impute("most_frequent", problem).point[[4, 1], [0, 1]].tolist() == [1.0, 5.0]


@needs_library
def test_only_the_plugin_mean_may_return_the_column_means(table: np.ndarray) -> None:
    problem = make_problem(table)
    output = impute("mean", problem)
    assert Hyperimpute(plugin="mean").returns_column_means
    check(problem, output, returns_column_means=True)
    assert not Hyperimpute(plugin="ice").returns_column_means
    with pytest.raises(ImputationError, match="column means"):
        check(problem, output, returns_column_means=False)


@needs_library
def test_em_finds_the_maximum_likelihood_of_a_monotone_pattern() -> None:
    """With one incomplete column, EM ends at the least-squares fit of the complete rows (Anderson 1957)."""
    rng = np.random.default_rng(1)
    x0 = rng.normal(size=200)
    x1 = 0.8 * x0 + 0.3 * rng.normal(size=200)
    hidden = rng.random(200) < 0.3
    problem = make_problem(np.column_stack([x0, np.where(hidden, NAN, x1)]))
    slope, intercept = np.polyfit(x0[~hidden], x1[~hidden], 1)
    np.testing.assert_allclose(impute("EM", problem).point[hidden, 1], slope * x0[hidden] + intercept, atol=1e-6)


@needs_library
@pytest.mark.parametrize(("plugin", "penalty"), [("ice", 1.0), ("hyperimpute", 1.0), ("sklearn_ice", 0.0)])
def test_chained_equations_fit_a_linear_column(plugin: str, penalty: float) -> None:
    """With one incomplete column this is one regression; the library's is ridge with penalty 1 on centred values."""
    rng = np.random.default_rng(1)
    x0 = rng.normal(size=80)
    x1 = 2.0 * x0 - 1.0
    hidden = rng.random(80) < 0.3
    hidden[[x1.argmin(), x1.argmax()]] = False  # the library clips to the observed range
    known, target = x0[~hidden] - x0[~hidden].mean(), x1[~hidden]
    slope = known @ target / (known @ known + penalty)
    expected = target.mean() + slope * (x0[hidden] - x0[~hidden].mean())
    output = impute(plugin, make_problem(np.column_stack([x0, np.where(hidden, NAN, x1)])))
    np.testing.assert_allclose(output.point[hidden, 1], expected, atol=1e-4)


@needs_library
def test_the_seed_decides_and_nothing_else(table: np.ndarray) -> None:
    first = impute("mice", make_problem(table, seed=1)).point
    random.random(), np.random.rand()  # noqa: NPY002
    assert np.array_equal(impute("mice", make_problem(table, seed=1)).point, first)
    assert not np.array_equal(impute("mice", make_problem(table, seed=2)).point, first)


@needs_library
def test_the_order_of_columns_that_the_library_draws_depends_on_the_seed(table: np.ndarray) -> None:
    """Its own constructor leaves the global generators at 0, whatever seed it is given."""
    from mirimpute.methods.external.hyperimpute_library import Swallowed, confined, load_plugin, seed_globally

    states = []
    for seed in (1, 2):
        with confined("cpu", Swallowed()):
            load_plugin("hyperimpute", seed, Swallowed())
            left = random.random()
            seed_globally(seed)
            states.append((left, random.random()))
    assert states[0][0] == states[1][0]
    assert states[0][1] != states[1][1]


@needs_library
def test_the_process_is_left_as_it_was(table: np.ndarray) -> None:
    import multiprocessing

    import pandas as pd
    import torch

    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    torch.manual_seed(5)
    before = (
        random.getstate(),
        np.random.get_state()[1].tolist(),  # noqa: NPY002
        torch.get_rng_state().tolist(),
        torch.get_num_threads(),
        multiprocessing.cpu_count(),
        pd.get_option("mode.copy_on_write"),
        torch.cuda.is_available(),
        dict(os.environ),
    )
    impute("ice", make_problem(table))
    after = (
        random.getstate(),
        np.random.get_state()[1].tolist(),  # noqa: NPY002
        torch.get_rng_state().tolist(),
        torch.get_num_threads(),
        multiprocessing.cpu_count(),
        pd.get_option("mode.copy_on_write"),
        torch.cuda.is_available(),
        dict(os.environ),
    )
    assert before == after


@needs_library
@pytest.mark.filterwarnings("ignore")  # pandas does warn
def test_copy_on_write_turns_the_library_into_the_mean_and_not_the_wrapper(table: np.ndarray) -> None:
    """The fault that cost others their results, provoked: raw, the gate catches it; wrapped, it does not happen."""
    import pandas as pd
    from hyperimpute.plugins.imputers import Imputers

    problem = make_problem(table)
    with pd.option_context("mode.copy_on_write", True):
        frame = pd.DataFrame(table)
        raw = np.array(Imputers().get("ice", random_state=0).fit(frame).transform(frame), dtype=float)
        wrapped = impute("ice", problem)
    with pytest.raises(ImputationError, match="output equals the column means"):
        check(problem, Imputation(raw, raw[None]))
    assert check(problem, wrapped).notes == ()


@needs_library
def test_swallowed_errors_are_printed_counted_and_noted(table: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    """A constant column: no classifier can be scored on one class, and the library only logs it."""
    constant = np.where(np.isnan(table[:, :1]), NAN, 0.0)
    problem = make_problem(np.column_stack([table, constant]))
    output = impute("ice", problem)
    assert output.trace[0]["swallowed_errors"] > 0
    assert "the library swallowed" in check(problem, output).notes[0]
    assert "hyperimpute ERROR: >>> x4_x4:logistic_regression" in capsys.readouterr().err


@needs_library
def test_an_error_that_cost_the_result_fails(table: np.ndarray) -> None:
    """EM logs the singular matrix and fills the rest with means."""
    problem = make_problem(np.column_stack([table, table[:, 0]]))
    with pytest.raises(ImputationError, match=r"EM went on after an error: EM step failed\. Singular matrix"):
        impute("EM", problem)


@needs_library
def test_what_the_library_raises_names_the_plugin(table: np.ndarray) -> None:
    with pytest.raises(ImputationError, match="hyperimpute's ice raised ValueError"):
        impute("ice", make_problem(table[:, :1]))


@needs_library
def test_column_names_that_xgboost_refuses_do_not_reach_it() -> None:
    names = ["a[1]", "a<1>", "a 1", "", "a[1"]
    x = np.arange(10.0).reshape(2, 5)
    frame = CodedTable(Problem(x, tuple(Column(name, Kind.CONTINUOUS) for name in names), seed=0)).frame
    assert len(set(frame.columns)) == 5
    assert not set("[]<") & set("".join(frame.columns))
    assert np.array_equal(frame.to_numpy(), x)


def test_rounding_to_float32_is_undone() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3)) * [1e-6, 1.0, 1e6]
    x[rng.random(x.shape) < 0.3] = NAN
    rounded = np.where(np.isnan(x), 1.0, x.astype(np.float32).astype(float))
    assert not np.array_equal(rounded[~np.isnan(x)], x[~np.isnan(x)])
    restored = restore_observed(x, rounded)
    assert np.array_equal(restored[~np.isnan(x)], x[~np.isnan(x)])
    assert np.all(restored[np.isnan(x)] == 1.0)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ([[1.0 + 1e-6, 7.0]], "changed 1 observed cell.*1e-06"),
        ([[NAN, 7.0]], "changed 1 observed cell"),
        ([[1.0]], r"returned shape \(1, 1\) for a table of \(1, 2\)"),
    ],
)
def test_more_than_rounding_is_refused(output: list[list[float]], reason: str) -> None:
    with pytest.raises(ImputationError, match=reason):
        restore_observed(np.array([[1.0, NAN]]), np.array(output))


@needs_library
def test_plugins_beat_the_mean_on_dependent_columns() -> None:
    rng = np.random.default_rng(2)
    x_true = rng.normal(size=(120, 1)) + 0.2 * rng.normal(size=(120, 4))
    scored = rng.random(x_true.shape) < 0.3
    problem = make_problem(np.where(scored, NAN, x_true))
    mean_rmse = float(np.sqrt(np.mean((impute("mean", problem).point - x_true)[scored] ** 2)))
    for plugin in ("EM", "ice", "sklearn_ice", "softimpute", "hyperimpute"):
        rmse = float(np.sqrt(np.mean((impute(plugin, problem).point - x_true)[scored] ** 2)))
        assert rmse < 0.7 * mean_rmse, plugin
        assert worse_than_mean(rmse, mean_rmse) == ""
