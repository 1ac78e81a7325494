"""The files that a program gets, and those that it gives back."""

import json

import numpy as np
import pandas as pd
import pytest

from mirimpute.errors import ImputationError
from mirimpute.methods.external.exchange import incomplete, read_imputation, write_task
from mirimpute.methods.sanity import check


def test_a_program_sees_the_table_in_its_own_units(mixed, tmp_path):
    write_task(tmp_path, mixed, draws=4, threads=2)
    task = json.loads((tmp_path / "task.json").read_text(encoding="utf-8"))
    assert (task["completions"], task["threads"], task["device"]) == (4, 2, "cpu")
    assert [column["kind"] for column in task["columns"]] == [
        *("continuous", "integer", "categorical", "datetime", "categorical")
    ]
    assert task["columns"][2]["categories"] == ["NA", 'a "b", c', "red"]
    given, parquet = incomplete(mixed), pd.read_parquet(tmp_path / "incomplete.parquet")
    text = pd.read_csv(tmp_path / "incomplete.csv", keep_default_na=False, na_values=[""], dtype=str)
    for found in (parquet, text):
        assert list(found.columns) == ["größe (cm)", "n", "colour", "when", "ok"]
        assert np.array_equal(found.isna(), np.isnan(given))
        assert np.array_equal(found["größe (cm)"].astype(float), given[:, 0], equal_nan=True)  # to the last bit
        assert np.array_equal(found["n"].astype(float), given[:, 1], equal_nan=True)
    assert text["n"].dropna().str.fullmatch(r"\d+").all()
    assert set(text["colour"].dropna()) <= {"NA", 'a "b", c', "red"}
    assert pd.to_datetime(text["when"]).dropna().eq(parquet["when"].dropna()).all()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_comes_back_is_what_was_written(mixed, tmp_path, suffix):
    write_task(tmp_path, mixed, draws=2, threads=1)
    frame = pd.read_parquet(tmp_path / "incomplete.parquet")
    filled = [
        frame.fillna({"größe (cm)": 1.5 + k, "n": 7, "colour": "NA", "when": pd.Timestamp("2000-01-01"), "ok": "True"})
        for k in range(2)
    ]
    filled[1]["colour"] = filled[1]["colour"].where(frame["colour"].notna(), "red")
    for number, table in enumerate(filled, start=1):
        write = table.to_csv if suffix == "csv" else table.to_parquet
        write(tmp_path / f"completed-{number}.{suffix}", index=False)
    imputation = read_imputation(tmp_path, mixed, 2, wall_s=1.0)
    check(mixed, imputation)
    encoding, scale = mixed.source.encoding, mixed.source.scale
    point = imputation.point * scale.spread + scale.mean
    hidden = mixed.missing
    assert point[hidden[:, 0], 0] == pytest.approx(2.0)  # the mean of 1.5 and 2.5
    colour = encoding.column_slices[2]
    assert point[np.ix_(hidden[:, colour[0]], colour)] == pytest.approx(
        np.tile([0.5, 0.0, 0.5], (hidden[:, colour[0]].sum(), 1))
    )
    first = encoding.decode(imputation.draws[0], scale)
    when = scale.restore(imputation.draws[0])[:, encoding.column_slices[3][0]]
    assert (first[hidden[:, colour[0]], 2] == 0).all()
    assert when[hidden[:, encoding.column_slices[3][0]]] == pytest.approx(pd.Timestamp("2000-01-01").timestamp())


def test_a_csv_that_rounds_is_taken_and_its_rounding_undone(mixed, tmp_path):
    write_task(tmp_path, mixed, draws=1, threads=1)
    frame = pd.read_parquet(tmp_path / "incomplete.parquet").bfill().ffill()
    frame.to_csv(tmp_path / "completed-1.csv", index=False, float_format="%.9g")
    imputation = read_imputation(tmp_path, mixed, 1, wall_s=1.0)
    check(mixed, imputation)
    frame.to_csv(tmp_path / "completed-1.csv", index=False, float_format="%.4g")
    with pytest.raises(ImputationError, match=r"changed \d+ observed"):
        read_imputation(tmp_path, mixed, 1, wall_s=1.0)


def test_a_program_may_report_seconds_version_notes_and_that_it_has_no_draws(mixed, tmp_path):
    write_task(tmp_path, mixed, draws=5, threads=1)
    pd.read_parquet(tmp_path / "incomplete.parquet").bfill().ffill().to_parquet(tmp_path / "completed-1.parquet")
    report = {"seconds": 0.25, "version": "rival 1.0", "notes": ["a note"], "draws": False}
    (tmp_path / "report.json").write_text(json.dumps(report))
    imputation = read_imputation(tmp_path, mixed, 5, wall_s=1.0)
    assert (imputation.program.seconds, imputation.program.version, imputation.notes) == (
        0.25,
        "rival 1.0",
        ("a note",),
    )
    assert np.array_equal(imputation.draws, imputation.point[None])
