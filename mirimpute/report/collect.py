"""From rows to one tidy table: which rows are compared, and what the reader must know about them.

Two rows are never merged or dropped because they look alike. A method that was run with several settings appears
once per setting, as ``mirf #<method_hash[:8]>``; rows that still share case, method and seed (another device, another
option of the dataset, another version) appear as ``mirf ~<config_hash[:8]>``. Both come with a note. One
exception: the row of a cell that never got its data is dropped if the same case, method and seed has a row that did.
Tables of different content are different cases, whatever their names (:mod:`mirimpute.report.contents`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.bench.results.layout import cell_directory
from mirimpute.report.contents import label_datasets
from mirimpute.report.measures import FEWEST_DRAWS, Measure, measures_of
from mirimpute.report.palette import order_methods

Row = Mapping[str, Any]

_MECHANISM_ORDER = ("mcar", "mar", "mnar")


@dataclass(frozen=True)
class Case:
    """What a method is tried on: its seeds are averaged, its value is one column of a table."""

    dataset: str
    mechanism: str
    missing_rate: float
    protocol: str

    def __post_init__(self) -> None:
        fields = self.dataset, self.mechanism, self.missing_rate, self.protocol
        object.__setattr__(self, "_hash", hash(fields))  # asked for once per row and more

    def __hash__(self) -> int:
        return self._hash  # type: ignore[attr-defined]

    @property
    def setting(self) -> str:
        """Mechanism and rate in words, e.g. ``MNAR self 0.3``.

        >>> Case("iris", "mnar_self", 0.3, "default").setting
        'MNAR self 0.3'
        """
        return f"{self.mechanism_words} {self.missing_rate:g}"

    @property
    def mechanism_words(self) -> str:
        """The mechanism in words, e.g. ``MNAR self``."""
        first, *rest = self.mechanism.split("_")
        return " ".join([first.upper() if first in _MECHANISM_ORDER else first, *rest])

    @property
    def position(self) -> tuple[str, str, int, str, float]:
        """Sort key: dataset, protocol, MCAR before MAR before MNAR, rate."""
        first = self.mechanism.split("_")[0]
        rank = _MECHANISM_ORDER.index(first) if first in _MECHANISM_ORDER else len(_MECHANISM_ORDER)
        return self.dataset, self.protocol, rank, self.mechanism, self.missing_rate


@dataclass(frozen=True, slots=True)
class Run:
    """One row with the label of its method in this report and its column in the tables."""

    row: Row
    label: str
    case: Case


@dataclass(frozen=True)
class Collection:
    """Everything that tables and figures are made from.

    Attributes:
        runs: one per row.
        results_dir: the folder that they are in.
        measures: those that at least one ok row has a value for.
        frame: one line per run: ``dataset, mechanism, missing_rate, protocol, method, seed, status, reason, gate``, and
            a column per measure (NaN where the run has no value).
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
        keys = [(str(key[0]), _case(*key[1:])) for key in grouped.size().index]
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


def case_of(row: Row, dataset: str = "") -> Case:
    """Return the case that ``row`` belongs to; ``dataset`` is the label of its table ("": the name of the dataset)."""
    return _case(dataset or row["dataset"], row["mechanism"], float(row["missing_rate"]), row["protocol"])


_case = lru_cache(maxsize=65_536)(Case)


def collect(rows: Sequence[Row], results_dir: Path) -> Collection:
    """Return the tidy form of ``rows``, which were read from ``results_dir``."""
    rows, late = drop_false_starts(rows)
    datasets, apart = label_datasets(rows)
    cases = [case_of(row, dataset) for row, dataset in zip(rows, datasets, strict=True)]
    labels, notes = label_methods(rows, cases)
    runs = tuple(Run(row, label, case) for row, label, case in zip(rows, labels, cases, strict=True))
    measures = tuple(measures_of(row for row in rows if row["status"] == "ok"))
    frame = _frame(rows, datasets, labels, measures)
    notes = [*late, *apart, *notes, *_older_notes(rows)]
    return Collection(runs, results_dir, measures, frame, (*notes, *comparability_notes(runs)))


def _older_notes(rows: Sequence[Row]) -> list[str]:
    """Return the note on rows of methods with draws of which one was scored, as earlier versions did."""
    count = sum(row.get("scored_draws") is None and (row.get("n_draws") or 0) > 1 for row in rows)
    if not count:
        return []
    return [
        f"{count} row(s) of an earlier version have draw_* of one draw instead of the mean over five: their noise is "
        "larger, and they have no standard error"
    ]


def has_draws(row: Row) -> bool:
    """Return whether an ok row is of five draws or more; where it does not say, whether a draw is not the point."""
    count = row.get("n_draws")
    return row.get("draw_rmse") != row.get("point_rmse") if count is None else count >= FEWEST_DRAWS


def cut_tables(runs: Iterable[Run]) -> str:
    """Return a sentence on the rows that were left out of the datasets, "" where none were.

    >>> cut_tables([])
    ''
    """
    cut: dict[int, dict[str, None]] = defaultdict(dict)
    unknown: dict[str, int] = {}
    for run in runs:
        rows, most = run.row.get("n_rows"), run.row.get("max_rows")
        if rows is not None and rows == most:
            cut[int(rows)][run.case.dataset] = None
        elif rows is not None and "max_rows" not in run.row:
            unknown[run.case.dataset] = int(rows)
    parts = [f"Cut to {rows:,} rows: {', '.join(sorted(names))}." for rows, names in sorted(cut.items())]
    if unknown:
        sizes = sorted({*unknown.values()})
        span = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
        parts.append(f"Tables of {span} rows (rows of an earlier version do not say what was cut).")
    return " ".join(parts)


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
    columns |= {measure.field: np.where(ok, measure.values(rows), np.nan) for measure in measures}
    for name in (f"{measure.field}_se" for measure in measures):
        if any(name in row for row in rows):
            columns[name] = np.where(ok, np.array([row.get(name) for row in rows], dtype=float), np.nan)
    texts = ("dataset", "mechanism", "protocol", "method", "status", "reason", "gate")
    columns |= {
        name: pd.Series(columns[name], dtype=object) for name in texts
    }  # Arrow's strings hold no lone surrogate
    return pd.DataFrame(columns)


def drop_false_starts(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """Return the rows without those of cells that never got their data and later did, and the note about them.

    Such a cell has no ``data_sha256``, so its configuration hash differs from that of the later, complete row, and
    both are in the folder.
    """

    def cell(row: Row) -> tuple[Case, str, str, int]:
        return case_of(row), row["method"], row.get("method_hash") or "", row["seed"]

    if all(row.get("data_sha256") or row["status"] == "ok" for row in rows):
        return list(rows), []
    started = {cell(row) for row in rows if row.get("data_sha256")}
    kept = [row for row in rows if row.get("data_sha256") or row["status"] == "ok" or cell(row) not in started]
    count = len(rows) - len(kept)
    note = f"{count} row(s) of cells that could not get their data are left out, because the same cells ran as well"
    return kept, [note] if count else []


def label_methods(rows: Sequence[Row], cases: Sequence[Case] = ()) -> tuple[list[str], list[str]]:
    """Return one label per row, such that case, label and seed are unique, and the notes on suffixes.

    Args:
        rows: result rows.
        cases: of each (default: by the names of the datasets).
    """
    cases = cases or [case_of(row) for row in rows]
    settings: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        settings[row["method"]].add(row.get("method_hash") or "")
    notes = [
        f"{method} was run with {len(hashes)} different settings, shown as '{method} #<method_hash>'"
        for method, hashes in sorted(settings.items())
        if len(hashes) > 1
    ]

    def label(row: Row) -> str:
        known = row.get("method_hash")
        return f"{row['method']} #{known[:8]}" if known and len(settings[row["method"]]) > 1 else row["method"]

    labels = [label(row) for row in rows]
    cells = [(case, name, row["seed"]) for row, case, name in zip(rows, cases, labels, strict=True)]
    count_of = Counter(cells)
    doubled = Counter(name for (_, name, _), count in count_of.items() if count > 1)
    labels = [
        f"{name} ~{row['config_hash'][:8]}" if count_of[cell] > 1 else name
        for row, name, cell in zip(rows, labels, cells, strict=True)
    ]
    notes += [
        f"{name}: {count} cell(s) have several rows with different configurations, "
        f"shown apart as '{name} ~<config_hash>'; compare their config.yaml"
        for name, count in sorted(doubled.items())
    ]
    return labels, notes


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


def comparability_notes(runs: Iterable[Run]) -> list[str]:
    """Return a note per case and seed in which methods were not given the same table or the same missing cells."""
    seen: dict[tuple[Case, int, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        for field in ("data_sha256", "mask_sha256"):
            if run.row.get(field):
                seen[run.case, run.row["seed"], field][run.row[field]].append(run.label)
    what = {"data_sha256": "table", "mask_sha256": "missing cells"}
    return [
        f"{case.dataset}, {case.setting}, seed {seed}: the methods were not given the same {what[field]} "
        f"({' | '.join(', '.join(order_methods(group)) for group in groups.values())}): do not compare them"
        for (case, seed, field), groups in sorted(seen.items(), key=lambda item: (item[0][0].position, item[0][1:]))
        if len(groups) > 1
    ]
