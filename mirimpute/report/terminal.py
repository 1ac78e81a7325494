"""The compact table on the terminal at the end of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mirimpute.errors import printable
from mirimpute.report.case import Row
from mirimpute.report.contents import label_datasets
from mirimpute.report.markup import number
from mirimpute.report.measures import FEWEST_DRAWS, SECONDS, Measure, metric_measure
from mirimpute.report.palette import order_methods

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

METRICS_SHOWN = ("point_rmse", "point_mae", "draw_rmse", "point_w2", "draw_w2", "draw_mmd2", "draw_energy")
OF_CATEGORIES = ("point_rmse", "point_error_rate", "draw_rmse", "draw_error_rate", "draw_w2", "draw_energy")
"""Shown instead where a table has categorical columns."""
DIRECTORY = "directory"
"""Key that a caller adds to a row to have the place of the result shown."""

_UNDRAWN = "*"
_DRAWN = metric_measure("draw_energy")
_HEADS = {"mmd2": "mmd²", "error_rate": "wrong"}
_MAX_METHOD = 16
_STATUS_STYLES = {"ok": "green", "skipped": "yellow"}


def terminal_table(rows: list[dict[str, Any]]) -> Table:
    """Return rows as a table for a terminal of 80 columns or more.

    Rows are grouped by dataset, mechanism, rate and seed, and the best of a group is bold. Below stand the reasons of
    the rows that are not ok, the warnings of the sanity gate and where the rows were written.

    Args:
        rows: result rows; each may carry ``directory``, the folder that it was written to.
    """
    from rich.table import Table
    from rich.text import Text

    rows = [{name: printable(each) if isinstance(each, str) else each for name, each in row.items()} for row in rows]
    fields = OF_CATEGORIES if any(row.get("point_error_rate") is not None for row in rows) else METRICS_SHOWN
    measures = [metric_measure(field) for field in fields]
    measures = [each for each in measures if any(_value(each, row) for row in rows)]
    heads = ["method", "status", *(_head(measure) for measure in measures), "time\ns", "mem\nMiB"]
    groups = [(name, [_cells(row, group, measures) for row in group]) for name, group in _groups(rows)]
    lines = [heads, *([cell.plain for cell in cells] for _, body in groups for cells in body)]
    widths = [max(len(part) for line in lines for part in line[k].split("\n")) for k in range(len(heads))]
    widths[0] = min(widths[0], _MAX_METHOD)
    # A table per group in a grid of one column, because rich has no cell that spans columns; equal widths align them.
    outer = Table.grid()
    for index, (name, body) in enumerate(groups):
        outer.add_row(Text(name, style="bold"))
        inner = _inner_table(heads, widths, show_header=index == 0)
        for cells in body:
            inner.add_row(*cells)
        outer.add_row(inner)
    for line in _below(rows, varying=len(groups) > 1):
        outer.add_row(Text(line))
    return outer


def _inner_table(heads: Sequence[str], widths: Sequence[int], show_header: bool) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0, show_header=show_header)
    for k, (head, width) in enumerate(zip(heads, widths, strict=True)):
        if k < 2:
            table.add_column(head, width=width, overflow="fold")
        else:
            table.add_column(head, width=width, justify="right", no_wrap=True)
    return table


def _cells(row: Row, group: Sequence[Row], measures: Sequence[Measure]) -> list[Text]:
    from rich.text import Text

    cells = [Text(_foldable(row["method"])), _status(row)]
    for measure in measures:
        text = _value(measure, row)
        if text and not _competes(measure, row):
            text += _UNDRAWN
        cells.append(Text(text, style="bold" if text and text == _best(group, measure) else ""))
    return [*cells, Text(_seconds(row)), Text(_memory(row))]


def _groups(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Return the rows that compete with each other, each group with its name."""
    order = {method: index for index, method in enumerate(order_methods(row["method"] for row in rows))}

    datasets, _ = label_datasets(rows)  # rows of a table that was cut otherwise do not compete
    rows = [{**row, "dataset": dataset} for row, dataset in zip(rows, datasets, strict=True)]

    def key(row: Row) -> tuple[str, str, float, str, int]:
        return row["dataset"], row["mechanism"], float(row["missing_rate"]), row["protocol"], row["seed"]

    ordered = sorted(rows, key=lambda row: (*key(row), order[row["method"]]))
    return [(_name(next_rows[0]), next_rows) for _, group in groupby(ordered, key=key) if (next_rows := list(group))]


def _name(row: Row) -> str:
    return f"{row['dataset']} {row['mechanism']} {float(row['missing_rate']):g} seed {row['seed']}"


def _head(measure: Measure) -> str:
    estimate, name = measure.field.split("_", 1)
    return f"{estimate}\n{_HEADS.get(name, name)}{measure.arrow}"


def _best(group: Sequence[Row], measure: Measure) -> str:
    competing = [row for row in group if row["status"] == "ok" and _competes(measure, row)]
    best = measure.best(value for row in competing if (value := measure.value(row)) is not None)
    return "" if best is None or len(group) < 2 else _short(best)


def _competes(measure: Measure, row: Row) -> bool:
    """Return whether the row has the draws that the measure scores."""
    return not measure.of_draws or (row.get("n_draws") or 0) >= FEWEST_DRAWS


def _value(measure: Measure, row: Row) -> str:
    value = measure.value(row) if row["status"] == "ok" else None
    return "" if value is None else _short(value)


def _short(value: float) -> str:
    """Return ``value`` in at most six characters where three digits would take more.

    >>> _short(0.34512), _short(0.00031249), _short(9.98e-5), _short(-1e14)
    ('0.345', '3e-4', '1e-4', '-1e14')
    """
    text = number(value)
    if "e" not in text:
        return text
    mantissa, _, exponent = f"{value:.0e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def _status(row: Row) -> Text:
    from rich.text import Text

    warned = row["status"] == "ok" and bool(row.get("gate"))
    return Text(
        row["status"] + ("†" if warned else ""), style="yellow" if warned else _STATUS_STYLES.get(row["status"], "red")
    )


def _foldable(method: str) -> str:
    """Return a long name with a break after its library, which reads better than a break anywhere.

    >>> _foldable("hyperimpute/missforest").split()
    ['hyperimpute/', 'missforest']
    """
    return method.replace("/", "/\n", 1) if len(method) > _MAX_METHOD else method


def _seconds(row: Row) -> str:
    value = SECONDS.value(row)
    if value is None:
        return ""
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _memory(row: Row) -> str:
    return "" if row.get("peak_rss_mb") is None else f"{row['peak_rss_mb']:.0f}"


def _below(rows: Sequence[Row], varying: bool) -> list[str]:
    """Return reasons and warnings, one line for all cells that share one, then where the rows are."""
    cells: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        where = f"{_name(row)}, {row['method']}" if varying else str(row["method"])
        if row["status"] != "ok":
            cells.setdefault((row["status"], " ".join(row["reason"].split())), []).append(where)
        elif row.get("gate"):
            cells.setdefault(("†", row["gate"]), []).append(where)
    aside = [row for row in rows if row["status"] == "ok" and not _competes(_DRAWN, row)]
    few = dict.fromkeys(row["method"] for row in aside if (row.get("n_draws") or 0) > 1)
    without = dict.fromkeys(row["method"] for row in aside if row["method"] not in few)
    lines = [f"{_UNDRAWN} no draws, so the point stands for them: {', '.join(without)}"] if without else []
    lines += [f"{_UNDRAWN} too few draws to be compared, {FEWEST_DRAWS} are needed: {', '.join(few)}"] if few else []
    for (what, reason), places in cells.items():
        shown = f"{places[0]} and {len(places) - 1} more" if len(places) > 1 else places[0]
        lines.append(f"† {shown}: {reason}" if what == "†" else f"{what}: {shown}: {reason}")
    directories = sorted({str(row[DIRECTORY]) for row in rows if row.get(DIRECTORY)})
    if len(directories) == 1:
        lines.append(f"row in {directories[0]}")
    elif directories:
        lines.append(f"{len(directories)} rows below {os.path.commonpath(directories)}")
    return lines
