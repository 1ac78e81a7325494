"""What holds for each registered metric, and for `evaluate` over all of them."""

import numpy as np
import pytest

from mirimpute.errors import UserError
from mirimpute.metrics import METRICS, evaluate, metric

NAMES = [name for name, each in METRICS.items() if not each.needs_target]  # see test_downstream.py
OF_PATTERN = {
    f"{name}{kind}{error}" for name in ("mask_auc", "mi_bits") for kind in ("", "_boosted") for error in ("", "_se")
}
"""What rows say of the pattern; the truth has a value of its own, the others compare with the truth."""
COMPARED = [name for name in NAMES if name not in OF_PATTERN]


def problem(rng, n=150, d=4, rate=0.4):
    """Correlated rows and the cells that are hidden from them."""
    x = rng.standard_normal((n, d)) @ rng.standard_normal((d, d))
    return x, rng.random((n, d)) < rate


def scores(x_true, x_imputed, scored, names=NAMES, max_rows=2000, rng_seed=0):
    return evaluate(names, x_true, x_imputed, scored, max_rows=max_rows, rng_seed=rng_seed)


def test_registry_names_and_texts():
    assert {"rmse", "mae", "w2", "w2sq_half", "w1_marginal_sum", "sliced_w2", "mmd2", "energy"} <= set(NAMES)
    for name, each in METRICS.items():
        assert each.name == name
        assert each.description.endswith(".")
        assert each.formula
        assert each.reference
    assert {name for name in NAMES if METRICS[name].row_capped} == {
        "w2",
        "w2sq",
        "w2sq_half",
        "mmd2",
        "energy",
        "mmd2_v",
        "energy_v",
    }


def test_the_truth_has_values_of_its_own_where_the_metric_compares_with_nothing():
    assert {name for name in NAMES if METRICS[name].of_truth} == OF_PATTERN
    assert {name for name in NAMES if METRICS[name].higher_is_better is None} == OF_PATTERN


def test_unknown_metric_lists_the_nearest():
    with pytest.raises(UserError, match="unknown metric 'rsme': did you mean 'rmse'"):
        metric("rsme")


def test_every_metric_is_exactly_zero_for_equal_tables(rng):
    x, scored = problem(rng)
    x[:40] = x[40:80]  # duplicate rows
    result = scores(x, x.copy(), scored, names=COMPARED)
    assert result.values == dict.fromkeys(COMPARED, 0.0)
    assert result.undefined == {}


def test_declared_direction_every_metric_worsens_with_corruption(rng):
    """Noise on the scored cells grows by steps; each step must worsen each metric in its declared direction."""
    x, scored = problem(rng)
    noise = rng.standard_normal(x.shape)
    steps = [scores(x, np.where(scored, x + s * noise, x), scored).values for s in (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)]
    for name in COMPARED:
        series = np.array([step[name] for step in steps])
        worse = np.diff(series) < 0 if METRICS[name].higher_is_better else np.diff(series) > 0
        assert worse.all(), (name, series)


def test_order_of_rows_does_not_matter(rng):
    x, scored = problem(rng)
    y = np.where(scored, rng.standard_normal(x.shape), x)
    order = rng.permutation(len(x))
    straight, permuted = (
        scores(a, b, c, names=COMPARED).values for a, b, c in ((x, y, scored), (x[order], y[order], scored[order]))
    )
    assert permuted == pytest.approx(straight, rel=1e-9)


def test_same_call_same_bits_whatever_the_global_seed(rng):
    x, scored = problem(rng)
    y = np.where(scored, rng.standard_normal(x.shape), x)
    np.random.seed(1)  # noqa: NPY002 - the global state must not matter
    first = scores(x, y, scored, max_rows=30)
    np.random.seed(2)  # noqa: NPY002
    assert first == scores(x, y, scored, max_rows=30)


def test_the_seed_moves_the_row_capped_metrics_and_no_other(rng):
    x, scored = problem(rng)
    y = np.where(scored, rng.standard_normal(x.shape), x)
    a, b = (scores(x, y, scored, max_rows=30, rng_seed=s) for s in (0, 1))
    assert a.rows == b.rows == 30
    moved = {name for name in NAMES if a.values[name] != b.values[name]}
    assert moved - OF_PATTERN == {n for n in NAMES if METRICS[n].row_capped}


def test_values_do_not_depend_on_what_else_is_asked(rng):
    x, scored = problem(rng)
    y = np.where(scored, rng.standard_normal(x.shape), x)
    together = scores(x, y, scored).values
    for name in NAMES:
        brought = [name, *filter(None, [METRICS[name].error])]
        assert scores(x, y, scored, names=[name]).values == {each: together[each] for each in brought}
    assert list(scores(x, y, scored, names=["mmd2", "rmse"]).values) == ["mmd2", "rmse"]


def test_each_distance_matrix_and_the_plan_are_computed_once(rng, monkeypatch):
    import scipy.spatial.distance

    from mirimpute.metrics import w2

    calls = []
    cdist, solve = scipy.spatial.distance.cdist, w2.optimal_cost
    monkeypatch.setattr(scipy.spatial.distance, "cdist", lambda *a: calls.append("cdist") or cdist(*a))
    monkeypatch.setattr(w2, "optimal_cost", lambda *a: calls.append("plan") or solve(*a))
    x, scored = problem(rng)
    scores(x, x + 1.0, scored)
    assert sorted(calls) == ["cdist", "cdist", "cdist", "plan"]


def test_inputs_are_untouched(rng):
    x, scored = problem(rng)
    y = np.where(scored, rng.standard_normal(x.shape), x)
    copies = x.copy(), y.copy(), scored.copy()
    for array in (x, y, scored):
        array.flags.writeable = False
    scores(x, y, scored)
    assert all(np.array_equal(a, b) for a, b in zip(copies, (x, y, scored), strict=True))


def test_unknown_cells_change_nothing_but_what_holds_them(rng):
    """Whatever the method writes into a cell that the source never had, no metric moves."""
    x, scored = problem(rng)
    unknown = ~scored & (rng.random(x.shape) < 0.1)
    y = np.where(scored, rng.standard_normal(x.shape), x)
    x_true = np.where(unknown, np.nan, x)
    one, other = scores(x_true, np.where(unknown, 0.0, y), scored), scores(x_true, np.where(unknown, 99.0, y), scored)
    assert one == other
    assert one.rows == np.sum(scored.any(axis=1) & ~unknown.any(axis=1))
    complete = ~unknown.any(axis=1)
    by_row = [name for name in NAMES if METRICS[name].row_capped or name == "sliced_w2"]
    alone = scores(x[complete], y[complete], scored[complete], names=by_row)
    assert {name: one.values[name] for name in by_row} == pytest.approx(alone.values, rel=1e-9)


def test_row_metrics_are_undefined_when_every_row_has_an_unknown_cell(rng):
    x, scored = problem(rng)
    x[:, 0], scored[:, 0] = np.nan, False
    result = scores(x, np.nan_to_num(x) + scored, scored)
    assert (
        set(result.undefined)
        == {"w2", "w2sq", "w2sq_half", "sliced_w2", "mmd2", "energy", "mmd2_v", "energy_v"} | OF_PATTERN
    )
    assert all(np.isnan(result.values[name]) for name in result.undefined)
    assert result.rows == 0
    assert result.values["rmse"] == 1.0
    assert result.values["w1_marginal_scored"] == pytest.approx(3.0, rel=1e-12)  # three columns, each shifted by 1


def test_a_diverged_table_has_finite_scores(rng):
    x, scored = problem(rng)
    y = x.copy()
    y[scored] = 1e14
    result = scores(x, y, scored)
    assert np.isfinite(list(result.values.values())).all()
    assert result.values["rmse"] == pytest.approx(1e14, rel=1e-9)


@pytest.mark.parametrize("name", ["rmse", "sliced_w2", "energy"])
def test_overflow_is_raised_not_returned(name, rng):
    x, scored = problem(rng)
    with pytest.raises(OverflowError, match=f"metric '{name}' is .* largest imputed value is 1e\\+250"):
        scores(x, np.where(scored, 1e250, x), scored, names=[name])


def test_a_truth_too_large_for_squared_distances_is_not_scored_as_perfect(rng):
    x, scored = problem(rng)
    for name in ("mmd2", "energy"):
        with pytest.raises(OverflowError):
            scores(1e200 * x, 1e200 * x + 1e200, scored, names=[name])


def test_two_rows_and_one_column():
    x, scored = np.array([[0.0], [2.0]]), np.array([[True], [False]])
    result = scores(x, np.array([[1.0], [2.0]]), scored)
    assert result.rows == 1
    expected = {
        "rmse": 1.0,
        "mae": 1.0,
        "w2": 1.0,
        "w2sq": 1.0,
        "w2sq_half": 0.5,
        "w1_marginal_sum": 0.5,
        "w1_marginal_scored": 1.0,
    }
    expected |= {"sliced_w2": 1.0, "mmd2_v": 2 - 2 * np.exp(-0.5), "energy_v": 2.0}  # one row: the bandwidth is 1
    assert set(result.undefined) == {"mmd2", "energy"} | OF_PATTERN  # one row has no pair of different rows
    assert {name: result.values[name] for name in expected} == pytest.approx(expected, rel=1e-12)
