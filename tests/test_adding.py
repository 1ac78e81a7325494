"""What CONTRIBUTING.md says of adding a part: one file, and one line in a registry."""

import importlib
import textwrap

import numpy as np
import pytest

from mirimpute.amputation.registry import MECHANISMS
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.datasets.registry import DATASETS
from mirimpute.methods.registry import METHODS
from mirimpute.metrics.registry import METRICS

DATASET = """
    from dataclasses import dataclass
    import numpy as np
    from mirimpute.datasets.synthetic import Synthetic

    @dataclass
    class Line(Synthetic):
        def draw(self, rng):
            x = rng.normal(size=self.n_rows)
            return np.column_stack([x, 2 * x + 3])
"""
MECHANISM = """
    from dataclasses import dataclass
    import numpy as np
    from mirimpute.amputation.base import Mechanism, Proposal

    @dataclass
    class LastColumn(Mechanism):
        def propose(self, values, rng, categorical):
            eligible = np.zeros(values.shape, dtype=bool)
            eligible[:, -1] = True
            return Proposal(eligible, logits=np.zeros(values.shape), intercept_per_column=False)
"""
METRIC = """
    import numpy as np
    from mirimpute.metrics import Metric

    def largest(comparison):
        return float(np.abs(comparison.x_imputed - comparison.x_true)[comparison.scored].max())

    LARGEST = Metric("largest", largest, False, "Largest error of a scored cell.", "max |y - x|", "none")
"""
TRANSPORT = """
    import numpy as np
    from mirimpute.methods.loop import Transport

    class NearestRow(Transport):
        def fit(self, x, missing, block, rng):
            self._others = [j for j in range(x.shape[2]) if j not in block]
            self._rows = x[0][~missing[:, block].any(axis=1)]

        def mean(self, x, missing, block):
            distance = np.abs(x[0][:, None, self._others] - self._rows[:, self._others]).sum(axis=2)
            return self._rows[distance.argmin(axis=1)][None, :, block]
"""
METHOD = """
    from dataclasses import dataclass
    from mirimpute.methods.base import Completed, Method
    from mirimpute.methods.loop import Schedule, fill_means, reduce
    from mirimpute.seeding import generator
    from mirimpute.types import no_progress
    from nearest_row import NearestRow

    @dataclass
    class Nearest(Method):
        name: str = "nearest"

        def fit(self, problem, progress=no_progress):
            schedule = Schedule(sweep="columnwise", step="mean", rounds=1, chains=1)
            rng = generator(problem.seed, "nearest")
            return Completed(reduce(problem, NearestRow(), schedule, fill_means, rng, progress))
"""
FILES = {"line": DATASET, "last_column": MECHANISM, "largest": METRIC, "nearest_row": TRANSPORT, "nearest": METHOD}


@pytest.fixture
def added(tmp_path, monkeypatch):
    """The parts in a folder of their own, one file each, and their lines in the registries."""
    for name, text in FILES.items():
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    modules = {name: importlib.import_module(name) for name in FILES}
    monkeypatch.setitem(DATASETS, "line", modules["line"].Line)
    monkeypatch.setitem(MECHANISMS, "last_column", modules["last_column"].LastColumn)
    monkeypatch.setitem(METRICS, "largest", modules["largest"].LARGEST)
    monkeypatch.setitem(METHODS, "nearest", modules["nearest"].Nearest)
    yield
    for name in FILES:
        monkeypatch.delitem(importlib.sys.modules, name)


@pytest.mark.usefixtures("added")
def test_a_cell_of_added_parts_alone(tmp_path):
    config = CellConfig(
        dataset=DATASETS["line"](name="line", n_rows=200),
        mechanism=MECHANISMS["last_column"](name="last_column"),
        method=METHODS["nearest"](),
        protocol=Protocol(metrics=["rmse", "largest"]),
        missing_rate=0.2,
        results_dir=str(tmp_path / "results"),
    )
    row = run_cell(config, tmp_path).row
    assert (row["status"], row["dataset"], row["mechanism"], row["method"]) == ("ok", "line", "last_column", "nearest")
    assert row["realised_rate_min_column"] == 0.0
    assert row["point_rmse"] < 0.2  # of one standard deviation: the nearest row of a line is near
    assert row["point_rmse"] <= row["point_largest"] < np.inf
