"""One hole in the middle of a line: the right answer is the mean of the column, and no method is refused for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mirimpute import MirfImputer
from mirimpute.cli.impute import main

CSV = Path(__file__).parent / "csv"
ANSWERS = {"line11": 12.0, "m_line": 6.0, "line61": 15.5}


@pytest.mark.parametrize("method", ["mirf_fast", "ice", "knn", "gaussian_em"])
@pytest.mark.parametrize("name", ANSWERS)
def test_the_middle_of_a_line_is_filled_by_its_mean(name, method, tmp_path, capsys):
    source, target = CSV / f"{name}.csv", tmp_path / "out.csv"
    assert main([str(source), "-o", str(target), "--method", method]) == 0
    hole = pd.read_csv(source).iloc[:, 1].isna()
    assert pd.read_csv(target).iloc[:, 1][hole].tolist() == pytest.approx([ANSWERS[name]], abs=0.3)
    assert "column mean" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ANSWERS)
def test_the_estimator_fills_it_too(name):
    table = pd.read_csv(CSV / f"{name}.csv")
    filled = np.asarray(MirfImputer(preset="mirf_fast", random_state=0).fit_transform(table), dtype=float)
    assert filled[table.iloc[:, 1].isna(), 1] == pytest.approx([ANSWERS[name]], abs=0.3)


def test_a_line_whose_ends_are_filled_by_their_mean_is_refused_in_a_sentence(tmp_path, capsys, monkeypatch):
    """Mean imputation that does not say so: as a library that fell back to it."""
    from mirimpute.methods.baselines.mean import Mean

    monkeypatch.setattr(Mean, "returns_column_means", False)
    source, target = tmp_path / "ends.csv", tmp_path / "out.csv"
    rows = [f"{t},{'' if t < 8 else 2 * t}" for t in range(40)]
    source.write_text("\n".join(["t,y", *rows]) + "\n")
    assert main([str(source), "-o", str(target), "--method", "mean"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("mirimpute-impute: ")
    assert "output equals the column means in all 8 missing cells" in said
    assert "Traceback" not in said
    assert not target.exists()
