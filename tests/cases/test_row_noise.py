"""A row gets the same draw alone, in a batch or on another day; other rows and repeated rows get their own."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from mirimpute import MirfImputer
from mirimpute.methods.base import Problem
from mirimpute.methods.presets import named_method

QUICK = {"steps": 30, "rounds": 2, "final_steps": 30, "trees": 20}


def _imputer(preset="mirf_fast", **parameters):
    return MirfImputer(preset=preset, output="draw", random_state=0, parameters={**QUICK, **parameters})


def _plain(rng):
    x = rng.normal(size=(260, 6)) @ rng.normal(size=(6, 6))
    x[:, 1], x[:, 2] = np.round(x[:, 1]), x[:, 2] > 0
    return x


def _nearly_dependent(rng):
    return load_breast_cancer().data[:260, :12]


def _with_holes(x, rng):
    x = np.where(rng.random(x.shape) < 0.3, np.nan, x)
    x[np.isnan(x).all(axis=1), 0] = 0.0
    return np.unique(x, axis=0)[rng.permutation(len(x))]  # no row twice


CASES = {
    "plain": (_plain, "mirf_fast", {}),
    "nearly dependent": (_nearly_dependent, "mirf_fast", {}),
    "self-masking": (_plain, "mirf_mnar", {}),
    "flow alone": (_plain, "mirf_flow", {}),
    "many sweeps": (_plain, "mirf_fast", {"sweeps": 4, "trees": 3}),
    "few rows": (lambda rng: _plain(rng)[:24], "mirf_fast", {}),
}


@pytest.fixture(scope="module", params=CASES)
def fitted(request):
    make, preset, parameters = CASES[request.param]
    rng = np.random.default_rng(1)
    x = _with_holes(make(rng), rng)
    return _imputer(preset, **parameters).fit(x), x


def _spread_of(x):
    return np.nanstd(x, axis=0)


def test_a_row_gets_the_same_alone_in_chunks_and_in_a_batch(fitted):
    imputer, x = fitted
    rows = x[:12]
    together = imputer.transform(rows)
    ways = {
        "alone": np.concatenate([imputer.transform(rows[i : i + 1]) for i in range(12)]),
        "chunks": np.concatenate([imputer.transform(rows[i : i + 5]) for i in range(0, 12, 5)]),
        "in the table": imputer.transform(x)[:12],
        "backwards": imputer.transform(rows[::-1])[::-1],
        "again": imputer.transform(rows),
        "sampled": imputer.sample(rows, 1)[0],
    }
    for name, found in ways.items():
        assert np.abs((found - together) / _spread_of(x)).max() < 1e-5, name
    imputer.set_params(output="point")
    alone = np.concatenate([imputer.transform(rows[i : i + 1]) for i in range(12)])
    assert np.abs((alone - imputer.transform(rows)) / _spread_of(x)).max() < 1e-5
    imputer.set_params(output="draw")


def test_a_draw_does_not_depend_on_how_many_are_asked_for(fitted):
    imputer, x = fitted
    few, many = imputer.sample(x[:10], 3), imputer.sample(x[:10], 23)
    assert all(np.array_equal(a, b) for a, b in zip(few, many[:3], strict=True))
    hidden = np.isnan(x[:10])
    assert np.mean(np.std([draw[hidden] for draw in many], axis=0) > 0) > 0.8


def test_repeated_rows_and_other_random_states_have_draws_of_their_own(fitted):
    imputer, x = fitted
    x0 = x[[np.flatnonzero(np.isnan(x[:, 0]) & ~np.isnan(x[:, 3]))[0]]]
    repeated = imputer.transform(np.repeat(x0, 20, axis=0))[:, 0]
    assert len(np.unique(repeated)) > 10
    assert repeated[0] == imputer.transform(x0)[0, 0]  # the first of them is the row alone
    other = [imputer.sample(x0, random_state=number)[0][0, 0] for number in range(20)]
    assert len(np.unique(other)) > 10
    assert imputer.sample(x0, random_state=3)[0][0, 0] == other[3]


def test_the_noise_of_single_rows_is_independent():
    """The correlation of two columns hidden together, over rows that are completed one by one in chunks of ten."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 1)) + 0.7 * rng.normal(size=(400, 2))
    x[::5, 1] = np.nan
    imputer = _imputer().fit(x)
    rows = np.column_stack([rng.normal(size=1000), np.full(1000, np.nan)])
    drawn = np.concatenate([imputer.transform(rows[i : i + 10]) for i in range(0, 1000, 10)])
    assert len(np.unique(drawn[:, 1])) > 300
    point = imputer.set_params(output="point").transform(rows)
    deviation = (drawn - point)[:, 1]
    assert abs(np.corrcoef(deviation[:-1], deviation[1:])[0, 1]) < 5 / 1000**0.5
    assert abs(np.corrcoef(deviation[:-10], deviation[10:])[0, 1]) < 5 / 1000**0.5
    assert deviation.std() > 0.4


def test_a_saved_imputer_draws_the_same_and_another_seed_does_not(tmp_path):
    rng = np.random.default_rng(2)
    x = _with_holes(_plain(rng), rng)
    imputer = _imputer().fit(x)
    imputer.save(tmp_path / "imputer.safetensors")
    again = MirfImputer.load(tmp_path / "imputer.safetensors")
    assert np.array_equal(again.transform(x[:9]), imputer.transform(x[:9]))
    assert np.array_equal(again.transform(x[4:5]), imputer.transform(x[:9])[4:5])
    other = _imputer().set_params(random_state=1).fit(x).transform(x[:9])
    hidden = np.isnan(x[:9])
    assert np.mean(other[hidden] != imputer.transform(x[:9])[hidden]) > 0.5


def test_shrunk_draws_and_categories_of_a_row_are_its_own_too():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 2))
    frame = pd.DataFrame({"x": x[:, 0], "y": x.sum(axis=1), "k": np.where(x[:, 1] > 0.5, "a", "b")})
    frame.loc[::4, "k"], frame.loc[1::4, "y"], frame.loc[2::4, "x"] = None, np.nan, np.nan
    imputer = _imputer().set_params(shrinkage=0.5).fit(frame)
    together = imputer.transform(frame)
    for i in range(12):
        pd.testing.assert_frame_equal(imputer.transform(frame.iloc[[i]]), together.iloc[[i]], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("state", [np.random.RandomState(4), None, 3.5, "x"])
def test_a_random_state_that_is_no_seed_is_used_or_refused(fitted, state):
    imputer, x = fitted
    if isinstance(state, (float, str)):
        with pytest.raises(ValueError, match="random_state"):
            imputer.sample(x[:5], 1, random_state=state)
        return
    first, second = (imputer.sample(x[:5], 1, random_state=state)[0] for _ in range(2))
    assert not np.array_equal(first, second)


def test_the_bench_draws_rows_of_the_table_and_new_rows_alike():
    rng = np.random.default_rng(4)
    x = _with_holes(rng.normal(size=(150, 3)) @ rng.normal(size=(3, 3)), rng)
    method = named_method("mirf_fast", {**QUICK, "draws": 6})
    fitted = method.fit(Problem(x, tuple(_columns(3)), 0))
    new = fitted.transform(x[:10])
    assert np.allclose(new.draws, fitted.impute().draws[:, :10], atol=1e-5)
    assert np.allclose(fitted.transform(x[3:4]).draws, new.draws[:, 3:4], atol=1e-5)


def _columns(d):
    from mirimpute.table.columns import Column, Kind

    return [Column(f"x{j}", Kind.CONTINUOUS) for j in range(d)]
