"""What a method is called in a report.

A method that was run with several settings appears once per setting, as ``mirf #<method_hash[:8]>``; rows that still
share case, method and seed (another device, another option of the dataset, another version) appear as
``mirf ~<config_hash[:8]>``. Both come with a note.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from mirimpute.report.case import Case, Row, case_of

_SHOWN = 8
"""Characters of a hash; the rows of a benchmark's CSV have no more."""


def label_methods(rows: Sequence[Row], cases: Sequence[Case] = ()) -> tuple[list[str], list[str]]:
    """Return one label per row, such that case, label and seed are unique, and the notes on suffixes.

    Args:
        rows: result rows.
        cases: of each (default: by the names of the datasets).
    """
    cases = cases or [case_of(row) for row in rows]
    settings: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        settings[row["method"]].add((row.get("method_hash") or "")[:_SHOWN])
    notes = [
        f"{method} was run with {len(hashes)} different settings, shown as '{method} #<method_hash>'"
        for method, hashes in sorted(settings.items())
        if len(hashes) > 1
    ]

    def label(row: Row) -> str:
        known = row.get("method_hash")
        return f"{row['method']} #{known[:_SHOWN]}" if known and len(settings[row["method"]]) > 1 else row["method"]

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
