"""Cells with limits of their own: filled inside of them, never on them."""

import numpy as np
import pandas as pd
import pyarrow
import pytest
from scipy.stats import kstest, truncnorm

from mirimpute import Imputer
from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.imputers.censoring import Censored, without_limits
from mirimpute.imputers.number_limits import NumberLimits
from mirimpute.table.columns import Column, Kind


def laboratory(n=300, seed=0):
    """A table with a column of limits below .5 and above 8, holes, and what the limits say of each row."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    crp = np.exp(z + 0.3 * rng.normal(size=n)).round(2)
    written = np.where(crp < 0.5, "<0.5", np.where(crp > 8, ">8", np.char.mod("%.2f", crp))).astype(object)
    hole = rng.random(n) < 0.1
    written[hole] = None
    age = pd.Series((50 + 10 * z).round()).mask(pd.Series(rng.random(n) < 0.1))
    below, above = (crp < 0.5) & ~hole, (crp > 8) & ~hole
    return pd.DataFrame({"crp": written, "age": age, "x": rng.normal(size=n)}), below, above


def inside(table, below, above):
    crp = table["crp"].astype(float)
    return bool((crp[below] < 0.5).all() and (crp[below] >= 0).all() and (crp[above] > 8).all())


@pytest.mark.parametrize("method", ["mean", "ice", "mice", "mirf_fast"])
def test_points_and_draws_are_inside_of_each_limit(method):
    frame, below, above = laboratory()
    assert below.any()
    assert above.any()
    imputer = Imputer(method, censored=["crp"], random_state=0)
    point = imputer.fit_transform(frame)
    assert inside(point, below, above)
    observed = frame["crp"].notna() & ~below & ~above
    assert (point["crp"][observed] == frame["crp"][observed].astype(float)).all()
    if method in ("mice", "mirf_fast"):
        draws = imputer.sample(frame, 3)
        assert all(inside(draw, below, above) for draw in draws)
        assert len({draw["crp"][below].mean() for draw in draws}) == 3
        ends = imputer.interval(frame, 0.9)
        assert (ends.upper["crp"][below] < 0.5).all()
        assert all(inside(table, below, above) for table in imputer.impute_multiple(frame, 2))


def test_a_row_gets_the_same_alone_and_in_new_rows():
    frame, below, above = laboratory()
    imputer = Imputer("mirf_fast", censored=["crp"], random_state=0).fit(frame)
    new, new_below, new_above = laboratory(seed=1)
    whole = imputer.transform(new)
    assert inside(whole, new_below, new_above)
    row = int(np.flatnonzero(new_below)[0])
    assert imputer.transform(new.iloc[[row]])["crp"].iloc[0] == pytest.approx(whole["crp"].iloc[row])
    numbers = frame[~below & ~above].assign(crp=lambda table: table["crp"].astype(float))
    assert imputer.transform(numbers).notna().all().all()  # without a limit anywhere, in a column of numbers


def test_draws_have_the_normal_distribution_between_the_ends():
    rng = np.random.default_rng(0)
    n, mean, spread, limit = 4_000, 1.0, 0.7, 0.6
    x = np.full((n, 1), np.nan)
    ends = {0: (np.full(n, -np.inf), np.full(n, limit))}
    column = (Column("a", Kind.CONTINUOUS),)
    limits = NumberLimits(np.array([0.0]), np.array([np.inf]), np.array([0.0]))
    cells = Censored.of(x, column, ends, limits, None)
    point, draws = np.full((n, 1), mean), mean + spread * rng.normal(size=(1, n, 1))
    of_point, of_draws = cells.held(x, (point, draws), (point, draws), np.array([spread]))
    expected = truncnorm((0 - mean) / spread, (limit - mean) / spread, mean, spread)
    assert kstest(of_draws[0, :, 0], expected.cdf).pvalue > 0.01
    assert of_point[0, 0] == pytest.approx(expected.mean(), abs=0.01)
    assert point[0, 0] == mean  # what was given stays


def test_whole_numbers_stay_whole_and_far_estimates_inside():
    n = 5
    x = np.full((n, 1), np.nan)
    ends = {0: (np.array([-np.inf, -np.inf, 20.0, -np.inf, -np.inf]), np.array([4.5, 0.5, np.inf, np.inf, 3.0]))}
    limits = NumberLimits(np.array([0.0]), np.array([np.inf]), np.array([1.0]))
    cells = Censored.of(x, (Column("a", Kind.INTEGER),), ends, limits, None)
    point = np.full((n, 1), 1e6)
    of_point, _ = cells.held(x, (point, point[None]), (point, point[None]), np.array([1.0]))
    assert of_point[:, 0].tolist()[:3] == [4.0, 0.0, 1e6]
    assert of_point[3, 0] == 1e6  # not censored


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"censored": "crp"}, ["censored='crp'", "list"]),
        ({"censored": ["crq"]}, ["crq", "crp"]),
        ({"censored": ["crp"], "bounds": {"crp": (0.7, None)}}, ["'crp'", "row", "bounds"]),
        ({"censored": ["crp"], "order": [("crp", "age")]}, ["'crp'", "censored", "order"]),
        ({"censored": ["crp"], "ignore": ["crp"]}, ["'crp'", "censored"]),
        ({"censored": ["crp"], "exclude": ["crp"]}, ["'crp'", "censored"]),
    ],
)
def test_bad_requests_are_one_sentence(options, named):
    frame, _, _ = laboratory(60)
    with pytest.raises(UserError) as refused:
        Imputer("mean", **options).fit(frame)
    assert all(each in str(refused.value) for each in named)


def test_a_column_without_the_option_is_never_taken_for_numbers():
    frame, _, _ = laboratory(120)
    with pytest.raises(UserError, match="text"):
        Imputer("mean").fit(frame)


def test_a_limit_that_may_not_be_filled_is_said_to_be_lost():
    frame, below, _ = laboratory()
    allowed = pd.DataFrame({"crp": ~below, "age": True, "x": True})
    with pytest.warns(MirimputeWarning, match=rf"column 'crp' has {below.sum()} censored cells that may not be filled"):
        found = Imputer("ice", censored=["crp"], where=allowed).fit_transform(frame)
    assert (found["crp"].isna() == below).all()


def test_columns_of_numbers_have_nothing_to_read():
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    assert without_limits(frame, ["a"])[1] == {}
    assert without_limits(np.ones((2, 2)), [1])[1] == {}


def test_tables_of_polars_and_arrow_get_numbers():
    polars = pytest.importorskip("polars")
    frame = laboratory()[0]
    expected = Imputer("mean", censored=["crp"]).fit_transform(frame)
    for table in (polars.from_pandas(frame), pyarrow.Table.from_pandas(frame)):
        done = Imputer("mean", censored=["crp"]).fit_transform(table)
        assert type(done) is type(table)
        np.testing.assert_allclose(done["crp"].to_numpy(), expected["crp"].to_numpy(), rtol=1e-12)
