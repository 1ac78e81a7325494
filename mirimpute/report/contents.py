"""Which table a row is of: one dataset that was cut in two ways is two tables, which never share a line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mirimpute.report.case import Row


def label_datasets(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """Return one label of the dataset per row, such that tables of different content have different ones, and notes.

    A dataset that was cut to 400 rows here and to 1,000 there is two tables, ``letter (400 rows)`` and ``letter (1,000
    rows)``; where the numbers of rows are equal too, the hash of the content is in the label. A row of a cell that
    never got its data keeps the name.
    """
    contents: dict[str, dict[str, int | None]] = defaultdict(dict)
    for row in rows:
        if digest := row.get("data_sha256"):
            known = contents[row["dataset"]].get(digest)
            contents[row["dataset"]][digest] = row.get("n_rows") or known
    several = {dataset: of for dataset, of in contents.items() if len(of) > 1}
    names = {
        (dataset, digest): f"{dataset} ({_content(digest, count, list(of.values()).count(count) > 1)})"
        for dataset, of in several.items()
        for digest, count in of.items()
    }
    notes = [
        f"{dataset} was run with {len(of)} contents, shown apart: "
        f"{', '.join(sorted(names[dataset, key] for key in of))}"
        for dataset, of in sorted(several.items())
    ]
    keys = [(str(row["dataset"]), row.get("data_sha256") or "") for row in rows]
    return [names.get(key, key[0]) for key in keys], notes


def _content(digest: str, count: int | None, ambiguous: bool) -> str:
    """Return what tells one content of a dataset from the others."""
    rows = [] if count is None else [f"{count:,} rows"]
    return ", ".join([*rows, *([f"#{digest[:8]}"] if ambiguous or count is None else [])])
