"""The table at the end of a run: it fits, it is honest about failures, and it says where the rows are."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from mirimpute.report.terminal import terminal_table

from .row_factory import make_row

BOLD = "\x1b[1m"


def shown(rows: list[dict[str, Any]], width: int = 80, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colour, color_system="standard" if colour else None)
    console.print(terminal_table(rows))
    return out.getvalue()


def bench() -> list[dict[str, Any]]:
    methods = ["mirf", "mean", "hot_deck", "ice", "hyperimpute/hyperimpute", "hyperimpute/sklearn_missforest"]
    rows = [make_row(m, directory=f"/a/results/runs/breast_cancer/mcar-0.3/{m}/seed-0") for m in methods]
    rows[1] |= {"gate": "worse than mean imputation", "draw_w2": 1e14, "fit_s": 12345.0, "peak_rss_mb": 12345.6}
    rows.append(make_row("knn", status="failed", reason="needs [scikit-learn]\nnot installed"))
    return rows


@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_number_is_whole_at_every_width(width: int) -> None:
    text = shown(bench(), width)
    assert all(len(line) <= width for line in text.splitlines())
    assert "…" not in text
    for row in bench()[:4]:
        (line,) = (line for line in text.splitlines() if re.match(rf"{row['method']} +ok", line))
        cells = line.split()
        assert len(cells) == 11
        assert float(cells[2]) == pytest.approx(row["point_rmse"], rel=0.006)
        assert float(cells[6]) == pytest.approx(row["draw_w2"], rel=0.006)
        assert float(cells[9]) == pytest.approx(row["fit_s"] + row["impute_s"], abs=0.5)
        assert int(cells[10]) == round(row["peak_rss_mb"])


def test_failures_warnings_and_places_stand_below() -> None:
    text = shown(bench(), 120)
    assert re.search(r"^knn +failed\s*$", text, re.MULTILINE)
    assert "failed: knn: needs [scikit-learn] not installed" in text
    assert "† mean: worse than mean imputation" in text
    assert "6 rows below /a/results/runs/breast_cancer/mcar-0.3" in text
    assert "row in /a/results/runs/breast_cancer/mcar-0.3/mirf/seed-0" in shown(bench()[:1])
    assert "row in" not in shown([make_row()])


def test_the_best_value_is_bold_and_only_it() -> None:
    rows = [make_row("ice", point_rmse=0.511), make_row("mirf", point_rmse=0.322), make_row("knn", status="failed")]
    text = shown(rows, colour=True)
    assert re.search(r"\x1b\[1m *0\.322\x1b", text)
    assert not re.search(r"\x1b\[1m *0\.511\x1b", text)
    alone = shown([make_row("mirf", point_rmse=0.322)], colour=True)
    assert BOLD in alone
    assert not re.search(r"\x1b\[1m *0\.322\x1b", alone)


def test_cases_and_seeds_compete_among_themselves() -> None:
    rows = [
        make_row("ice", "a", seed=0, point_rmse=0.111),
        make_row("mirf", "a", seed=0, point_rmse=0.222),
        make_row("ice", "b", seed=0, point_rmse=0.444),
        make_row("mirf", "b", seed=0, point_rmse=0.333),
        make_row("mirf", "b", seed=1, status="timeout", reason="slow"),
    ]
    text = shown(rows, colour=True)
    bold = re.findall(r"\x1b\[1m *(0\.\d+)\x1b", text)
    assert {"0.111", "0.333"} <= set(bold)
    assert not {"0.222", "0.444"} & set(bold)
    plain = shown(rows)
    assert [line.strip() for line in plain.splitlines() if " seed " in line and ":" not in line] == [
        *["a mcar 0.3 seed 0", "b mcar 0.3 seed 0", "b mcar 0.3 seed 1"]
    ]
    assert "timeout: b mcar 0.3 seed 1, mirf: slow" in plain


def test_rows_without_any_value_still_make_a_table() -> None:
    text = shown([make_row("mirf", status="failed", reason="no data")])
    assert "failed: mirf: no data" in text
    assert shown([]).strip() != "mirf"


def test_direction_is_in_the_head() -> None:
    head = shown(bench()).splitlines()[2]
    assert head.split() == [
        *["method", "status", "rmse↓", "mae↓", "rmse↓", "w2↓", "w2↓", "mmd²↓", "energy↓", "s", "MiB"]
    ]


def test_methods_without_draws_are_marked_and_never_the_best_on_draws():
    rows = [make_row("mirf", draw_energy=0.2), make_row("ice", draw_energy=0.1, n_draws=1, scored_draws=0)]
    rows.append(make_row("own", draw_energy=0.15, n_draws=3, scored_draws=3))
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(terminal_table(rows))
    text = console.export_text()
    ice = next(line for line in text.splitlines() if line.startswith("ice"))
    assert "0.100*" in ice
    assert "* no draws, so the point stands for them: ice " in text
    assert "* too few draws to be compared, 5 are needed: own" in text


def test_rows_of_tables_that_were_cut_otherwise_stand_apart():
    rows = [make_row("mirf", data_sha256=k * 64, n_rows=n, config_hash=k * 64) for k, n in (("a", 400), ("b", 1000))]
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(terminal_table(rows))
    text = console.export_text()
    assert "breast_cancer (400 rows) mcar" in text
    assert "breast_cancer (1,000 rows) mcar" in text
