"""What is refused, with the value and the fix."""

import numpy as np
import pytest

from mirimpute.amputation import MECHANISMS, amputate, check_missing_rate
from mirimpute.errors import UserError

VALUES = np.random.default_rng(41).normal(size=(200, 10))


def run(values, mechanism, rate, rate_of="overall", seed=0, **parameters):
    rng = np.random.default_rng(seed)
    return amputate(values, MECHANISMS[mechanism](name=mechanism, **parameters), rate, rate_of, rng)


@pytest.mark.parametrize("rate", [0, 1, 1.2, -0.1, float("nan"), float("inf"), True, "0.3", None])
def test_rate_outside_the_unit_interval(rate):
    with pytest.raises(UserError) as error:
        run(VALUES, "mcar", rate)
    assert str(error.value) == f"missing_rate={rate} is outside (0, 1): give a fraction such as 0.3"


@pytest.mark.parametrize("rate", [1e-9, 0.5, np.float32(0.3)])
def test_rate_inside_the_unit_interval(rate):
    assert check_missing_rate(rate) is None


def test_unknown_rate_of():
    with pytest.raises(UserError, match="unknown rate_of 'overal': did you mean 'overall'"):
        run(VALUES, "mcar", 0.3, "overal")


@pytest.mark.parametrize(
    ("mechanism", "parameters", "message"),
    [
        ("mar", {"observed_fraction": 0.0}, "observed_fraction=0.0 is outside"),
        ("mnar_logistic", {"observed_fraction": 1.0}, "observed_fraction=1.0 is outside"),
        ("mar", {"observed_fraction": float("nan")}, "observed_fraction=nan is outside"),
        ("mnar_quantile", {"quantile": 0.5}, "quantile=0.5 is outside"),
        ("mnar_quantile", {"quantile": 0.0}, "quantile=0.0 is outside"),
        ("mar", {"strength": 0.0}, "strength=0.0 is no slope above 0"),
        ("mnar_logistic", {"strength": float("inf")}, "strength=inf is no slope above 0"),
        ("mar_driver", {"strength": -1.0}, "strength=-1.0 is no slope above 0"),
        ("mar_threshold", {"quantile": 1.0}, "quantile=1.0 is outside"),
        ("mnar_latent", {"loading": 0.0}, "loading=0.0 is outside"),
        ("mnar_latent", {"loading": 1.1}, "loading=1.1 is outside"),
        ("mnar_latent", {"strength": float("nan")}, "strength=nan is no slope above 0"),
    ],
)
def test_parameter_out_of_range(mechanism, parameters, message):
    with pytest.raises(UserError) as error:
        run(VALUES, mechanism, 0.3, **parameters)
    assert str(error.value).startswith(message)
    assert "such as" in str(error.value)


@pytest.mark.parametrize("mechanism", sorted(MECHANISMS))
def test_one_column(mechanism):
    with pytest.raises(UserError, match=r"has 1 column.*give a table with at least 2"):
        run(VALUES[:, :1], mechanism, 0.3)


@pytest.mark.parametrize(
    "mechanism",
    [
        "mar",
        "mar_driver",
        "mar_threshold",
        "mnar_logistic",
        "mnar_self",
        "mnar_quantile",
        "mnar_latent",
        "mnar_censored",
    ],
)
def test_no_column_varies(mechanism):
    with pytest.raises(UserError, match=f"'{mechanism}' cannot depend on the values.*use mechanism=mcar"):
        run(np.ones((50, 4)), mechanism, 0.2)
    assert run(np.ones((50, 4)), "mcar", 0.2).realised_rate == 0.2


@pytest.mark.parametrize(
    ("mechanism", "parameters", "words"),
    [
        ("block", {"block_rows": 0}, "block_rows=0 is no size of a block: give 1 or more"),
        (
            "block",
            {"block_rows": 201},
            "block_rows=201 is larger than the table of 200 rows: give 200 or fewer",
        ),
        ("block", {"block_columns": 10}, "mechanism.block_columns=10 would empty the rows.*give 9 or fewer"),
        ("sequential", {"stretch": 0.5}, "stretch=0.5 is no mean number of rows: give 1 or more"),
        (
            "sequential",
            {"stretch": 300.0},
            "stretch=300 is longer than the table of 200 rows: give 200 or less",
        ),
        ("mar_driver", {"driver": "10"}, "unknown mechanism.driver '10': .*valid: 0, 1"),
        ("mar_threshold", {"driver": "income"}, "unknown mechanism.driver 'income'"),
    ],
)
def test_a_request_that_the_table_cannot_serve(mechanism, parameters, words):
    with pytest.raises(UserError, match=words):
        run(VALUES, mechanism, 0.3, **parameters)


@pytest.mark.parametrize("mechanism", ["mar_driver", "mar_threshold"])
def test_a_driver_has_to_vary_and_to_miss_nothing(mechanism):
    values = VALUES[:, :3].copy()
    values[7, 0] = np.nan
    values[:, 1] = 1.0
    for driver, reason in [("0", "misses 1 of 200 values"), ("1", "is constant")]:
        with pytest.raises(UserError, match=rf"mechanism\.driver={driver} cannot .*{reason}; give .*: 2$"):
            run(values, mechanism, 0.3, driver=driver)
    assert "column 2 decides" in run(values, mechanism, 0.3).notes[0]
    values[3, 2] = np.nan
    with pytest.raises(UserError, match="the table has none: use mechanism=mcar, or mechanism=mar"):
        run(values, mechanism, 0.3)


def test_censoring_needs_numbers():
    codes = np.random.default_rng(0).integers(3, size=(50, 4)).astype(float)
    mechanism = MECHANISMS["mnar_censored"](name="mnar_censored")
    with pytest.raises(UserError, match="no column of numbers that vary: use mechanism=mcar or mechanism=mnar_self"):
        amputate(codes, mechanism, 0.3, "overall", np.random.default_rng(0), np.ones(4, dtype=bool))


def test_mnar_quantile_of_even_binary_columns():
    binary = (np.median(VALUES, axis=0) < VALUES).astype(float)
    with pytest.raises(UserError, match=r"with quantile=0\.25 no column has values.*use mechanism=mcar or"):
        run(binary, "mnar_quantile", 0.2)


def test_mar_rate_of_all_cells_out_of_reach():
    with pytest.raises(UserError) as error:
        run(VALUES, "mar", 0.8)
    # seven columns of 200 cells, of which each keeps two: 7 · 198 / 2000
    assert str(error.value) == (
        "missing_rate=0.8 of the observed cells (rate_of=overall) is out of reach for mechanism 'mar' "
        "(3 of 10 columns stay observed; a row keeps one observed cell, a column two): "
        "give at most 0.693, rate_of=eligible or an observed_fraction smaller than 0.3"
    )
    assert run(VALUES, "mar", 0.8, "eligible").realised_rate == 0.56
    assert run(VALUES, "mar", 0.8, observed_fraction=0.1).realised_rate == 0.8
    assert run(VALUES, "mar", 0.693).realised_rate == 0.693


def test_mnar_quantile_rate_out_of_reach():
    with pytest.raises(UserError) as error:
        run(VALUES, "mnar_quantile", 0.6)
    # ⌊0.25 · 199⌋ + 1 = 50 cells on each side
    assert "only the outer 0.25-quantiles of 10 of 10 columns go missing" in str(error.value)
    assert "give at most 0.5, rate_of=eligible or a quantile larger than 0.25" in str(error.value)
    assert run(VALUES, "mnar_quantile", 0.6, quantile=0.4).realised_rate == 0.6


def test_rate_that_would_empty_rows():
    assert run(VALUES[:, :2], "mcar", 0.5).realised_rate == 0.5
    with pytest.raises(UserError, match=r"missing_rate=0\.6 .*a row keeps one observed cell.*give at most 0\.5$"):
        run(VALUES[:, :2], "mcar", 0.6)


def test_rate_that_hides_nothing():
    with pytest.raises(UserError, match=r"missing_rate=0\.0001 hides none of the 2000 .* give at least 0\.00025$"):
        run(VALUES, "mcar", 0.0001)
    assert run(VALUES, "mcar", 0.00025).scored.sum() == 1


def test_table_too_small():
    with pytest.raises(UserError, match=r"can hide no cell of this table.*give a larger table"):
        run(VALUES[:2, :2], "mcar", 0.3)


def test_infinite_values():
    values = VALUES.copy()
    values[3, 4] = np.inf
    with pytest.raises(UserError, match="infinite values: replace them"):
        run(values, "mcar", 0.3)
