"""What the Python programs here share: the files of a task; ``docs/foreign.md`` describes them for users."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


class Task:
    """An incomplete table and what is wanted of it.

    Attributes:
        table: numbers as float64, dates in seconds since 1970, categories as pandas categories that occur; columns are
            called x0, x1, ..., which every library takes.
        kinds: of the columns: continuous, integer, ordinal, categorical, datetime or duration.
        argument: the first word behind the program, if there is one before the folder.
        seed, completions, threads, device: as the task says.
    """

    def __init__(self) -> None:
        self._folder = Path(sys.argv[-1])
        task = json.loads((self._folder / "task.json").read_text(encoding="utf-8"))
        self._names = [column["name"] for column in task["columns"]]
        self.kinds = [column["kind"] for column in task["columns"]]
        self.argument = sys.argv[1]
        self.seed, self.completions = task["seed"], task["completions"]
        self.threads, self.device = task["threads"], task["device"]
        # Arrow's threads, if they still run when the program ends, may abort it.
        frame = pd.read_parquet(self._folder / "incomplete.parquet", use_threads=False, pre_buffer=False)[self._names]
        self.table = pd.DataFrame({f"x{j}": _cells(frame.iloc[:, j]) for j in range(frame.shape[1])})
        self._start = time.perf_counter()

    @property
    def coded(self) -> np.ndarray:
        """Float64 (n_rows, n_columns): the table with the numbers of the categories that occur, NaN where missing."""
        return np.column_stack([_codes(self.table[name]) for name in self.table])

    def start(self) -> None:
        """Count seconds from here, once libraries are imported."""
        self._start = time.perf_counter()

    def decoded(self, numbers: np.ndarray) -> pd.DataFrame:
        """Return a completed table (n_rows, n_columns) as :attr:`coded` has it, numbers of categories rounded."""
        done = pd.DataFrame(numbers, columns=self.table.columns)
        for name, cells in self.table.items():
            if isinstance(cells.dtype, pd.CategoricalDtype):
                last = len(cells.cat.categories) - 1
                codes = done[name].round().clip(0, last).fillna(-1).astype(int)
                done[name] = pd.Categorical.from_codes(codes, dtype=cells.dtype)
        return done

    def finish(
        self, tables: list[pd.DataFrame], *packages: str, draws: bool = True, notes: list[str] | None = None
    ) -> None:
        """Write completed tables, seconds and versions."""
        report: dict[str, Any] = {"seconds": time.perf_counter() - self._start, "draws": draws, "notes": notes or []}
        report["version"] = ", ".join(f"{name} {version(name)}" for name in packages)
        for number, table in enumerate(tables, start=1):
            named = table.reset_index(drop=True).set_axis(self._names, axis=1)
            named.to_parquet(self._folder / f"completed-{number}.parquet", index=False)
        (self._folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


def _cells(cells: pd.Series) -> pd.Series:
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.cat.remove_unused_categories()
    if cells.dtype.kind == "M":
        return (cells - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    return cells.astype(float)


def _codes(cells: pd.Series) -> np.ndarray:
    if isinstance(cells.dtype, pd.CategoricalDtype):
        codes = cells.cat.codes.to_numpy(dtype=float)
        return np.where(codes < 0, np.nan, codes)
    return cells.to_numpy(dtype=float)
