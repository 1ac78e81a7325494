"""How long a comparison will take, said before it."""

import math

import numpy as np
import pandas as pd
import pytest

from mirimpute.cli import bench
from mirimpute.cli.advice_forecast import sentence
from mirimpute.imputers.forecast import Forecast


def test_sums_are_at_least_what_is_known():
    mean, mice = Forecast(10.0, 20.0, 100, 400), Forecast(300.0, math.inf, 50, 400)
    assert "about 10 s to 20 s" in sentence({"mean": mean}, 5)
    assert "more than 6 min" in sentence({"mean": mean, "mice": mice}, 10)
    assert "more than 10 s" in sentence({"mean": mean, "mirf": None}, 10)
    assert sentence({"mirf": None}, 5) == ""


@pytest.mark.slow
def test_the_forecast_comes_before_the_first_cell_and_not_where_cells_may_be_there(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3)).round(3)
    x[rng.random(x.shape) < 0.1] = np.nan
    pd.DataFrame(x, columns=["a", "b", "c"]).to_csv("my.csv", index=False)
    monkeypatch.setattr(bench, "_with_question", lambda given: [*given, "experiment=which_method", "method=mean"])
    for resume, said in ((False, True), (True, False)):
        with pytest.raises(SystemExit) as ended:
            bench.main(["dataset=file", "dataset.path=my.csv", f"resume={str(resume).lower()}"])
        assert ended.value.code == 0
        lines = capsys.readouterr().err.splitlines()
        assert any("5 cells will compute for" in line for line in lines) == said
        if said:
            first = next(k for k, line in enumerate(lines) if "seed 0: ok" in line)
            assert any("mean" in line and "trials" in line for line in lines[:first])
