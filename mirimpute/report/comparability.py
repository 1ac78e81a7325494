"""Whether rows can be compared: false starts, older versions, tables that were cut, other missing cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from mirimpute.report.case import Case, Row, Run, case_of
from mirimpute.report.palette import order_methods


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


def older_notes(rows: Sequence[Row]) -> list[str]:
    """Return the note on rows of methods with draws of which one was scored, as earlier versions did."""
    count = sum(row.get("scored_draws") is None and (row.get("n_draws") or 0) > 1 for row in rows)
    if not count:
        return []
    return [
        f"{count} row(s) of an earlier version have draw_* of one draw instead of the mean over five: their noise is "
        "larger, and they have no standard error"
    ]


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
