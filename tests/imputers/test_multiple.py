"""Multiple imputation by a model for each draw."""

import numpy as np
import pandas as pd
import pytest

from mirimpute import MirfImputer
from mirimpute.errors import UserError
from mirimpute.imputers.multiple import sample_of_rows

QUICK = {"rounds": 1, "steps": 12, "final_steps": 12, "width": 16, "batch": 32, "trees": 8}


def quick():
    return MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0)


def table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 3)) + rng.normal(size=(150, 1))
    x[:40, 0], x[30:60, 1] = np.nan, np.nan
    return x


def test_multiple_imputation_fits_a_model_for_each_draw():
    x = table()
    imputer = quick()
    tables = imputer.impute_multiple(x, 3)
    assert len(tables) == 3
    missing = np.isnan(x)
    assert all(np.array_equal(each[~missing], x[~missing]) and np.isfinite(each).all() for each in tables)
    assert not np.array_equal(tables[0], tables[1])
    assert np.array_equal(tables, quick().impute_multiple(x, 3))
    assert not hasattr(imputer, "columns_")  # it was not fitted


def test_samples_of_the_rows_know_every_category_and_observe_every_column():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=30), "kind": ["a", "b"] * 15, "rare": np.nan})
    frame.loc[3, "kind"], frame.loc[7, "rare"] = "only once", 2.0
    frame.loc[10:15, "kind"] = None
    tables = quick().impute_multiple(frame, 4)
    for each in tables:
        assert set(each["kind"]) <= {"a", "b", "only once"}
        assert each.loc[3, "kind"] == "only once"
        assert (each["rare"] == 2.0).all()


def test_rows_are_drawn_with_replacement_and_observe_what_can_be():
    rng = np.random.default_rng(0)
    observed = rng.random((41, 3)) < 0.9
    observed[:, 1] = False
    observed[5, 1] = True
    for _ in range(20):
        rows = sample_of_rows(observed, rng)
        assert len(rows) in (41, 42)
        assert (np.diff(rows) >= 0).all()
        assert len(np.unique(rows)) < 36
        assert observed[rows].any(axis=0).all()


def test_models_differ_by_what_a_linear_regression_does_not_know():
    """Of 40 rows that observe y = x + noise, the slope has a standard error of about 1 / 40^.5; between models, too."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=400)
    y = x + rng.normal(size=400)
    y[40:] = np.nan
    missing = np.isnan(y)
    slopes, means = [], []
    for each in quick().impute_multiple(np.column_stack([x, y]), 60):
        drawn = each[missing, 1]
        slopes.append(np.polyfit(x[missing], drawn, 1)[0])
        means.append(drawn.mean())
    of_noise = 1 / missing.sum() ** 0.5
    expected = (1 / 40 + of_noise**2) ** 0.5
    assert 0.7 * expected < np.std(slopes) < 1.5 * expected
    assert 0.7 * expected < np.std(means) < 1.5 * expected


@pytest.mark.filterwarnings("ignore:drawn values lie outside")
def test_draws_where_large_values_are_missing_may_be_larger_than_what_was_observed():
    rng = np.random.default_rng(2)
    x = rng.normal(size=300)
    y = x + 0.3 * rng.normal(size=300)
    y[x > 0.8] = np.nan
    drawn = np.array(quick().impute_multiple(np.column_stack([x, y]), 5))[:, x > 0.8, 1]
    assert (drawn > np.nanmax(y)).mean() > 0.1
    assert drawn.mean() == pytest.approx(x[x > 0.8].mean(), abs=0.15)


def test_means_of_groups_vary_with_the_rows_of_a_model():
    from mirimpute import Imputer

    rng = np.random.default_rng(3)
    ward = np.repeat(np.arange(12), 12)
    y = rng.normal(size=12)[ward] + 0.3 * rng.normal(size=144)
    frame = pd.DataFrame({"ward": [f"w{each}" for each in ward], "x": rng.normal(size=144), "y": y})
    frame.loc[rng.random(144) < 0.4, "y"] = np.nan
    tables = Imputer("mirf_fast", parameters=QUICK, group="ward", random_state=0).impute_multiple(frame, 3)
    missing = frame["y"].isna()
    for each in tables:
        assert np.corrcoef(each.loc[missing, "y"], y[missing])[0, 1] > 0.7
        assert each.loc[~missing, "y"].equals(frame.loc[~missing, "y"])


@pytest.mark.parametrize(("rows", "draws", "words"), [(150, 0, "n_draws=0 is no number of draws"), (3, 2, "3 row")])
def test_requests_without_a_meaning_are_refused(rows, draws, words):
    with pytest.raises(UserError, match=words):
        quick().impute_multiple(table()[-rows:], draws)


def test_values_outside_of_what_was_observed_are_told_and_bounds_keep_them_in():
    from mirimpute import Imputer
    from mirimpute.errors import MirimputeWarning

    rng = np.random.default_rng(4)
    z = rng.normal(size=150)
    frame = pd.DataFrame({"z": z, "corr": np.tanh(0.4 * z + 0.2 * rng.normal(size=150))})
    frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta((np.round(50 * z) + 200).astype(int), "D")
    last = frame.loc[z <= 0.5, "when"].max()
    frame.loc[z > 0.5, ["corr", "when"]] = None
    made = Imputer("mirf_fast", parameters=QUICK, random_state=0)
    with pytest.warns(MirimputeWarning, match="outside of the observed range.*'corr'.*give it bounds"):
        tables = made.impute_multiple(frame, 3)
    assert max(each["when"].max() for each in tables) <= last
    bounded = Imputer("mirf_fast", parameters=QUICK, bounds={"corr": (-1, 1)}, random_state=0)
    assert max(each["corr"].max() for each in bounded.impute_multiple(frame, 3)) <= 1


@pytest.mark.filterwarnings("ignore:Gaussian base only")
def test_what_mirf_mnar_assumes_is_told():
    from mirimpute.errors import MirimputeWarning

    with pytest.warns(MirimputeWarning, match="self_masking"):
        MirfImputer(preset="mirf_mnar", parameters=QUICK, random_state=0).impute_multiple(table(), 2)


def test_a_loaded_imputer_gives_the_same_tables(tmp_path):
    x = table()
    imputer = quick().fit(x)
    imputer.save(tmp_path / "imputer.safetensors")
    again = MirfImputer.load(tmp_path / "imputer.safetensors")
    assert np.array_equal(again.impute_multiple(x, 2), imputer.impute_multiple(x, 2))
