"""From rows to one tidy table: which rows are compared, and what the reader must know about them.

Two rows are never merged or dropped because they look alike: methods with other settings have other labels
(:mod:`mirimpute.report.method_labels`), tables of other content are other cases, whatever their names
(:mod:`mirimpute.report.contents`). One exception: the row of a cell that never got its data is dropped if the same
case, method and seed has a row that did (:mod:`mirimpute.report.comparability`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.bench.results.layout import cell_directory
from mirimpute.report.case import Case, Row, Run, cached_case, case_of
from mirimpute.report.comparability import comparability_notes, cut_tables, drop_false_starts, older_notes
from mirimpute.report.contents import label_datasets
from mirimpute.report.measures import CPU_SECONDS, FEWEST_DRAWS, Measure, measures_of
from mirimpute.report.method_labels import label_methods
from mirimpute.report.palette import order_methods


@dataclass(frozen=True)
class Collection:
    """Everything that tables and figures are made from.

    Attributes:
        runs: one per row.
        results_dir: the folder that they are in.
        measures: those that at least one ok row has a value for.
        frame: one line per run: ``dataset, mechanism, missing_rate, protocol, method, seed, status, reason, gate``, and
            a column per measure, and one of CPU seconds (NaN where the run has no value).
        notes: what the reader must know about how rows were labelled and whether they can be compared.
        unit: what means and deviations are over.
    """

    runs: tuple[Run, ...]
    results_dir: Path
    measures: tuple[Measure, ...]
    frame: pd.DataFrame
    notes: tuple[str, ...]
    unit: str = "seeds"

    @cached_property
    def methods(self) -> list[str]:
        """Labels in the order of tables and figures."""
        return order_methods(run.label for run in self.runs)

    @cached_property
    def cases(self) -> list[Case]:
        """Cases in the order of tables and figures."""
        return sorted({run.case for run in self.runs}, key=lambda case: case.position)

    @cached_property
    def method_index(self) -> dict[str, int]:
        """Label -> its place in ``methods``."""
        return {method: index for index, method in enumerate(self.methods)}

    @cached_property
    def case_index(self) -> dict[Case, int]:
        """Case -> its place in ``cases``."""
        return {case: index for index, case in enumerate(self.cases)}

    @cached_property
    def numbered(self) -> tuple[np.ndarray, list[tuple[str, Case]]]:
        """For each line of the frame a number, int (n_lines,), and for each number the method and case."""
        grouped = self.frame.groupby(["method", "dataset", "mechanism", "missing_rate", "protocol"], sort=False)
        keys = [(str(key[0]), cached_case(*key[1:])) for key in grouped.size().index]
        return grouped.ngroup().to_numpy(), keys

    @cached_property
    def without_draws(self) -> frozenset[str]:
        """Labels of the methods that gave fewer than five draws on every cell: they do not compete on draws."""
        enough: dict[str, bool] = defaultdict(bool)
        for run in self.runs:
            if run.row["status"] == "ok":
                enough[run.label] |= has_draws(run.row)
        return frozenset(label for label, found in enough.items() if not found)

    @cached_property
    def cut(self) -> str:
        """What was cut of the datasets, in a sentence, see :func:`cut_tables`."""
        return cut_tables(self.runs)

    def directory(self, run: Run) -> Path:
        """Return the directory that the row of ``run`` has or had before it was packed."""
        return cell_directory(self.results_dir, run.row)

    def column(self, case: Case) -> tuple[str, str]:
        """Return the two lines that head a case: dataset, then setting (with the protocol where several are mixed)."""
        several = len({each.protocol for each in self.cases}) > 1
        return case.dataset, f"{case.setting} [{case.protocol}]" if several else case.setting


def collect(rows: Sequence[Row], results_dir: Path) -> Collection:
    """Return the tidy form of ``rows``, which were read from ``results_dir``."""
    rows, late = drop_false_starts(rows)
    datasets, apart = label_datasets(rows)
    cases = [case_of(row, dataset) for row, dataset in zip(rows, datasets, strict=True)]
    labels, notes = label_methods(rows, cases)
    runs = tuple(Run(row, label, case) for row, label, case in zip(rows, labels, cases, strict=True))
    measures = tuple(measures_of(row for row in rows if row["status"] == "ok"))
    frame = _frame(rows, datasets, labels, measures)
    notes = [*late, *apart, *notes, *older_notes(rows)]
    return Collection(runs, results_dir, measures, frame, (*notes, *comparability_notes(runs)))


def has_draws(row: Row) -> bool:
    """Return whether an ok row is of five draws or more; where it does not say, whether a draw is not the point."""
    count = row.get("n_draws")
    return row.get("draw_rmse") != row.get("point_rmse") if count is None else count >= FEWEST_DRAWS


def _frame(
    rows: Sequence[Row], datasets: Sequence[str], labels: Sequence[str], measures: Sequence[Measure]
) -> pd.DataFrame:
    """Return :attr:`Collection.frame`."""
    columns: dict[str, Any] = {"dataset": list(datasets), "mechanism": [row["mechanism"] for row in rows]}
    columns["missing_rate"] = [float(row["missing_rate"]) for row in rows]
    columns["protocol"] = [row["protocol"] for row in rows]
    columns["method"] = labels
    columns |= {name: [row[name] for row in rows] for name in ("seed", "status", "reason")}
    columns["gate"] = [row.get("gate") or "" for row in rows]
    # A failed cell may have costs (it ran until it failed); they are not comparable, so they are not values.
    ok = np.array([status == "ok" for status in columns["status"]])
    columns |= {measure.field: np.where(ok, measure.values(rows), np.nan) for measure in (*measures, CPU_SECONDS)}
    for name in (f"{measure.field}_se" for measure in measures):
        if any(name in row for row in rows):
            columns[name] = np.where(ok, np.array([row.get(name) for row in rows], dtype=float), np.nan)
    texts = ("dataset", "mechanism", "protocol", "method", "status", "reason", "gate")
    columns |= {
        name: pd.Series(columns[name], dtype=object) for name in texts
    }  # Arrow's strings hold no lone surrogate
    return pd.DataFrame(columns)


def methods_of(collection: Collection) -> list[tuple[str, str, str, str]]:
    """Return label, version, first digits of the hash of its settings, and number of rows of each method.

    Rows of another version or other settings have a label of their own, so that no line mixes two.
    """
    found = []
    for label in collection.methods:
        rows = [run.row for run in collection.runs if run.label == label]
        versions, hashes = (
            ", ".join(sorted({str(row[name])[:8] for row in rows if row.get(name) is not None})) or "not recorded"
            for name in ("method_version", "method_hash")
        )
        found.append((label, versions, hashes, str(len(rows))))
    return found
