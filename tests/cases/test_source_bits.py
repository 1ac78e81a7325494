"""What is drawn from observed values comes back as the source's own bits, wherever it comes out."""

import numpy as np
import pandas as pd
import pytest

from mirimpute import MirfImputer
from mirimpute.amputation import MECHANISMS
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.bench.results.layout import cell_directory
from mirimpute.cli.impute import main
from mirimpute.datasets.files import File
from mirimpute.methods.presets import named_method
from mirimpute.table.scale import observed_scale
from mirimpute.table.source_bits import SourceBits

QUICK = {"steps": 30, "rounds": 2, "final_steps": 30, "trees": 20}


def _prices(n=240, seed=0):
    """Prices of one decimal that depend on each other, an epoch in eighths of a second, and a plain number."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "price": np.round(0.3 + np.abs(x + 0.3 * rng.normal(size=n)), 1),
            "size": x,
            "large": 1e9 + np.round(np.exp(x), 1),
            "epoch": 1640995200 + np.arange(n) % 40 / 8,
        }
    )
    truth = frame.copy()
    for j, name in enumerate(frame.columns):
        frame.loc[j::5, name] = np.nan
    return frame, truth


REPEAT = ["price", "large", "epoch"]


def _assert_observed(found, frame, columns=REPEAT):
    for name in columns:
        hidden = frame[name].isna().to_numpy()
        observed = frame[name].dropna().to_numpy()
        filled = np.asarray(found[name], dtype=float)[hidden]
        assert np.isin(filled, observed).all(), (name, filled[~np.isin(filled, observed)][:3])
        assert len(np.unique(filled)) > 3


@pytest.fixture(scope="module")
def imputer():
    return MirfImputer(preset="mirf_fast", output="draw", random_state=0, parameters=QUICK).fit(_prices()[0])


def test_draws_of_the_imputer_are_observed_values(imputer, tmp_path):
    frame, _ = _prices()
    imputer.save(tmp_path / "imputer.safetensors")
    again = MirfImputer.load(tmp_path / "imputer.safetensors")
    for found in (imputer.transform(frame), *imputer.sample(frame, 3), again.transform(frame)):
        _assert_observed(found, frame)
    new, _ = _prices(60, seed=1)
    drawn = imputer.transform(new)["price"][new["price"].isna()]
    assert np.isin(drawn, frame["price"]).all()
    array = MirfImputer(preset="mirf_fast", output="draw", random_state=0, parameters=QUICK).fit_transform(
        frame.to_numpy()
    )
    _assert_observed(dict(zip(frame.columns, array.T, strict=True)), frame)


def test_a_draw_at_the_end_of_the_range_is_the_observed_value(imputer):
    """Columns whose values do not repeat are drawn anywhere, and cut off at the observed range."""
    frame, _ = _prices()
    lowest, highest = frame["size"].min(), frame["size"].max()
    new = frame.iloc[:1].assign(size=np.nan, price=np.nan, large=np.nan)
    drawn = np.concatenate([draw["size"] for draw in imputer.sample(pd.concat([new] * 300), 10)])
    near = np.minimum(drawn - lowest, highest - drawn) < 1e-12
    assert np.isin(drawn[near], [lowest, highest]).all()


def test_draws_of_many_models_are_observed_values():
    frame, _ = _prices()
    imputer = MirfImputer(preset="mirf_fast", random_state=0, parameters=QUICK)
    for found in imputer.impute_multiple(frame, 2):
        _assert_observed(found, frame)


@pytest.mark.parametrize("method", ["mirf_fast", "mice", "hot_deck"])
def test_saved_tables_of_the_bench_hold_observed_values(method, tmp_path):
    _, truth = _prices()
    truth.to_csv(tmp_path / "prices.csv", index=False)
    config = CellConfig(
        dataset=File(name="prices", path=str(tmp_path / "prices.csv")),
        mechanism=MECHANISMS["mcar"](name="mcar"),
        method=named_method(method, QUICK if method == "mirf_fast" else None),
        protocol=Protocol(metrics=["rmse"], shrunk_metrics=[], draws_metrics=[]),
        missing_rate=0.3,
        save_tables=True,
        results_dir=str(tmp_path / "results"),
    )
    row = run_cell(config, tmp_path).row
    assert row["status"] == "ok", row["reason"]
    folder = cell_directory(tmp_path / "results", row) / "tables"
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("incomplete", "draw")}
    columns = REPEAT if method == "mirf_fast" else list(truth.columns)  # donors give values that do not repeat, too
    _assert_observed(tables["draw"], tables["incomplete"], columns)


@pytest.mark.parametrize(("suffix", "dtype"), [("csv", "float64"), ("parquet", "float64"), ("parquet", "float32")])
def test_completed_files_hold_observed_values(suffix, dtype, tmp_path):
    frame, _ = _prices()
    frame = frame[["price", "size"]].astype(dtype)
    source, target = tmp_path / f"prices.{suffix}", tmp_path / f"filled.{suffix}"
    getattr(frame, f"to_{suffix}")(source, index=False)
    assert main([str(source), "-o", str(target), "--method", "hot_deck", "--draws", "1"]) == 0
    found = getattr(pd, f"read_{suffix}")(tmp_path / f"filled.draw-1.{suffix}")
    _assert_observed(found, frame, ["price"] if suffix == "csv" else ["price", "size"])


def test_every_observed_value_survives_the_scale_and_others_are_computed():
    rng = np.random.default_rng(0)
    x = np.column_stack(
        [
            np.round(rng.exponential(size=400), 1),
            1e9 + np.round(rng.normal(size=400), 2),
            rng.normal(size=400) * 1e-9,
            np.append(rng.normal(size=399), 1e12),
        ]
    )
    scale = observed_scale(x)
    z = scale.standardise(x)
    assert (scale.restore(z) != x).mean() > 0.2  # what there is to mend
    bits = SourceBits.of(x, z)
    assert np.array_equal(bits.restored(z, scale), x)
    assert np.array_equal(bits.restored(np.stack([z, z]), scale), np.stack([x, x]))
    other = z + 0.01
    far = np.abs(other[:, :3, None] - z.T[:3][None]).min(axis=2) > 1e-9
    assert np.array_equal(bits.restored(other, scale)[:, :3][far], scale.restore(other)[:, :3][far])
    again = SourceBits.from_arrays(bits.arrays(), 4)
    assert np.array_equal(again.restored(z, scale), x)


def _large(n=80):
    """Nine whole numbers beyond 2**53 that no float64 equals, nanoseconds of an epoch, which repeat."""
    rng = np.random.default_rng(0)
    which = rng.integers(0, 9, size=n)
    numbers = [1640995205251000123 + 7 * 10**9 * int(k) for k in which]
    return which + 0.1 * rng.normal(size=n), [None if k % 4 == 1 else each for k, each in enumerate(numbers)]


@pytest.mark.parametrize("dtype", ["Int64", "UInt64", "int64[pyarrow]", object])
def test_draws_of_large_whole_numbers_are_observed_ones(dtype, tmp_path):
    x, numbers = _large()
    cells = pd.Series(numbers, dtype=object) if dtype is object else pd.Series(pd.array(numbers, dtype=dtype))
    frame, observed = pd.DataFrame({"x": x, "at": cells}), set(numbers) - {None}
    assert all(int(float(each)) != each for each in observed)
    imputer = MirfImputer(preset="mirf_fast", output="draw", random_state=0, parameters=QUICK).fit(frame)
    imputer.save(tmp_path / "imputer.safetensors")
    again = MirfImputer.load(tmp_path / "imputer.safetensors")
    tables = [imputer.transform(frame), *imputer.sample(frame, 2), *imputer.impute_multiple(frame, 1)]
    for found in (*tables, *again.sample(frame, 1), imputer.transform(frame.iloc[1:4])):
        assert {int(each) for each in found["at"]} <= observed
        assert found["at"].dtype == cells.dtype


def test_draws_of_large_whole_numbers_of_parquet_are_observed_ones(tmp_path):
    x, numbers = _large()
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pd.DataFrame({"x": x, "at": pd.array(numbers, dtype="Int64")}).to_parquet(source)
    assert main([str(source), "-o", str(target), "--method", "hot_deck", "--draws", "1"]) == 0
    found = pd.read_parquet(tmp_path / "out.draw-1.parquet", dtype_backend="pyarrow")["at"]
    assert {int(each) for each in found} == set(numbers) - {None}
