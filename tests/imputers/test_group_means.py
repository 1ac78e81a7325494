"""Means of groups are what a random intercept predicts."""

import numpy as np
import pandas as pd
import pytest

from mirimpute import Imputer
from mirimpute.errors import UserError
from mirimpute.imputers.group_means import GroupMeans
from mirimpute.table.columns import Column, Kind

COLUMNS = (Column("y", Kind.CONTINUOUS), Column("whole", Kind.CONTINUOUS), Column("sort", Kind.CATEGORICAL, ("a", "b")))


def rows(seed=0, n_groups=400, size=12, between=1.5, within=2.0):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), size).astype(object)
    effects = between * rng.normal(size=n_groups)
    y = 3 + np.repeat(effects, size) + within * rng.normal(size=len(groups))
    y[::7] = np.nan
    x = np.column_stack([y, np.arange(len(y)), rng.integers(0, 2, len(y))]).astype(float)
    return x, groups, effects


def test_effects_are_shrunk_by_the_ratio_of_variances():
    x, groups, effects = rows()
    means = GroupMeans.of(x, COLUMNS, groups, "hospital")
    assert [column.name for column in means.columns] == ["y by hospital"]  # the only number with a hole
    found = means.effects[:, 0]
    raw = np.array([np.nanmean(x[groups == g, 0]) for g in range(400)]) - np.nanmean(x[:, 0])
    n = np.array([np.isfinite(x[groups == g, 0]).sum() for g in range(400)])
    expected = 1.5**2 / (1.5**2 + 2.0**2 / n)
    assert found / raw == pytest.approx(expected, rel=0.1)
    assert np.mean((found - effects) ** 2) < np.mean((raw - effects) ** 2)


def test_groups_that_do_not_differ_add_nothing():
    x, groups, _ = rows(between=0.0, seed=3)
    found = [GroupMeans.of(rows(between=0.0, seed=seed)[0], COLUMNS, groups, "g").effects for seed in range(8)]
    assert min(each.shape[1] for each in found) == 0  # about every second time no variance is left
    assert max(np.abs(each).max(initial=0) for each in found) < 1.0
    assert GroupMeans.of(x, COLUMNS, groups, "g").added(x, groups).shape[0] == len(x)


def test_rows_without_a_known_group_have_no_effect():
    x, groups, _ = rows(n_groups=20)
    means = GroupMeans.of(x, COLUMNS, groups, "g")
    added = means.added(x[:3], np.array(["never seen", None, 5], dtype=object))
    assert added[:2, 3].tolist() == [0.0, 0.0]
    assert added[2, 3] == means.effects[5, 0]


@pytest.mark.parametrize("groups", [["a"] * 240, list(range(240)), [None] * 240])
def test_groups_of_which_nothing_is_learnt_are_refused(groups):
    with pytest.raises(UserError, match="group"):
        GroupMeans.of(rows(n_groups=20)[0], COLUMNS, np.array(groups, dtype=object), "g")


def test_means_of_groups_are_shrunk_and_help():
    rng = np.random.default_rng(0)
    hospital = np.repeat(np.arange(30), 10)
    effect = rng.normal(scale=2.0, size=30)
    y = effect[hospital] + rng.normal(size=300)
    frame = pd.DataFrame({"y": y, "x": rng.normal(size=300), "hospital": hospital.astype(str)})
    hidden = rng.random(300) < 0.3
    frame.loc[hidden, "y"] = np.nan
    kept = frame["hospital"].copy()
    done = Imputer("ice", group="hospital").fit_transform(frame)
    pd.testing.assert_series_equal(done["hospital"], kept)
    assert list(done) == list(frame)
    alone = Imputer("ice", ignore=["hospital"]).fit_transform(frame)
    error, other = (np.mean((each["y"].to_numpy() - y)[hidden] ** 2) for each in (done, alone))
    assert error < 0.5 * other
    new = frame.assign(hospital="never seen")
    fitted = Imputer("mean", group="hospital").fit(frame)
    assert fitted.transform(new).notna().all(axis=None)
