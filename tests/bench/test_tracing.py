"""How much the completed rows tell of the pattern, round by round."""

import numpy as np
import pytest

from mirimpute.amputation.registry import MECHANISMS
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.bench.results.details import read_trace
from mirimpute.bench.tracing import trace_with_information
from mirimpute.datasets.synthetic import TwoGaussians
from mirimpute.methods.base import Imputation
from mirimpute.methods.baselines.hot_deck import HotDeck
from mirimpute.methods.baselines.ice import Ice
from mirimpute.methods.baselines.mean import Mean
from mirimpute.methods.external.knn import Knn
from mirimpute.methods.history import MOST_CELLS, History
from mirimpute.methods.mirf.method import Mirf
from mirimpute.table.scale import observed_scale
from tests.methods.conftest import problem_of


@pytest.fixture(scope="module")
def clusters():
    """Two clusters, MCAR 0.3: the truth, standardised, the problem and the pattern."""
    x = TwoGaussians(name="clusters", n_rows=800).sample()
    missing = np.random.default_rng(0).random(x.shape) < 0.3
    missing[missing.all(axis=1), 0] = False
    scale = observed_scale(np.where(missing, np.nan, x))
    x_true = scale.standardise(x)
    return x_true, problem_of(np.where(missing, np.nan, x_true)), missing


def trace(method, clusters):
    x_true, problem, scored = clusters
    return trace_with_information(problem, method.fit(problem).impute(), x_true, scored, 0)


def test_mirf_brings_the_predictability_of_the_pattern_to_chance_and_the_mean_does_not(clusters):
    rounds = trace(Mirf(trees=0, rounds=5, steps=300), clusters)
    first, last = rounds[0], rounds[-1]
    assert [entry["round"] for entry in rounds] == [0, 1, 2, 3, 4, 5, 6]  # the answer is the last
    # The first fill, draws of a normal distribution, puts rows between the clusters.
    assert first["mask_auc"] - 0.5 > 3 * first["mask_auc_se"]
    assert first["mi_bits"] > first["mi_bits_se"]
    assert abs(last["mask_auc"] - 0.5) < 3 * last["mask_auc_se"]
    assert abs(last["mi_bits"]) < 3 * last["mi_bits_se"]

    means = trace(Mean(), clusters)
    assert [entry["mask_auc"] for entry in means] == pytest.approx([1.0, 1.0], abs=1e-3)
    assert means[-1]["mi_bits"] > 1.5


def test_what_the_loop_said_of_a_round_stands_beside_it(clusters):
    rounds = trace(Ice(rounds=3), clusters)
    assert [entry["round"] for entry in rounds] == [0, 1, 2, 3]
    assert "change" not in rounds[0]
    assert all({"change", "mask_auc", "mask_auc_se", "mi_bits", "mi_bits_se"} <= set(entry) for entry in rounds[1:])


@pytest.mark.parametrize(("method", "numbers"), [(Knn(), [1]), (HotDeck(), [0, 1])])
def test_methods_without_rounds_have_one_entry_and_the_last_round_is_the_draw(method, numbers, clusters):
    from mirimpute.metrics.comparison import Comparison
    from mirimpute.metrics.mutual_information import mi_bits

    x_true, problem, scored = clusters
    rounds = trace(method, clusters)
    assert [entry["round"] for entry in rounds] == numbers
    draw = method.fit(problem).impute().draws[0]
    assert rounds[-1]["mi_bits"] == mi_bits(Comparison(x_true, draw, scored, max_rows=1000, rng_seed=0))


def test_no_round_is_kept_of_large_tables():
    for shape in ((MOST_CELLS // 4 + 1, 4), (10, 257)):
        history = History(np.ones(shape, dtype=bool))
        history.record(0, np.zeros(shape))
        assert history.rounds() == ()
        imputation = Imputation(np.zeros(shape), np.zeros((1, *shape)))
        problem = problem_of(np.full(shape, np.nan))
        assert trace_with_information(problem, imputation, np.zeros(shape), np.ones(shape, dtype=bool), 0) == []


def test_of_many_rounds_a_few_are_kept_and_always_the_last():
    history = History(np.ones((1, 1), dtype=bool))
    for number in range(102):
        history.record(number, np.full((1, 1), float(number)))
    kept = history.rounds()
    assert [number for number, _ in kept] == [*range(0, 102, 8), 101]
    assert all(entries.tolist() == [float(number)] for number, entries in kept)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_cell_writes_the_trace_and_the_value_of_the_truth(wanted, tmp_path):
    config = CellConfig(
        dataset=TwoGaussians(name="clusters", n_rows=300),
        mechanism=MECHANISMS["mcar"](name="mcar"),
        method=Ice(),
        protocol=Protocol(trace_mi=wanted),
        results_dir=str(tmp_path),
    )
    result = run_cell(config, tmp_path)
    assert result.row["status"] == "ok"
    assert all(("mi_bits" in entry) == wanted for entry in read_trace(result.directory))
    assert abs(result.row["truth_mask_auc"] - 0.5) < 0.15
    assert abs(result.row["truth_mi_bits"]) < 4 * result.row["truth_mi_bits_se"] + 1e-9
    assert result.row["point_mi_bits"] > result.row["truth_mi_bits"] + 0.5  # a mean is told from the truth
