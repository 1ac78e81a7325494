"""Tables: the right numbers in the right cells, in every format, whatever the names hold."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirimpute.report.collect import Collection, collect
from mirimpute.report.failures import failures
from mirimpute.report.markup import latex, markdown, mean_sd, number
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.measures import metric_measure
from mirimpute.report.summary import summarise
from mirimpute.report.tables import caption, csv_table, latex_table, markdown_table, write_rows

from .latex_parser import read_latex, width
from .row_factory import make_row

NASTY = r"uci/wine_x & 50% $#{}~^\<>|`*[a](b)"


def build(rows: list[dict[str, Any]], field: str = "point_rmse") -> tuple[MeasureTable, Collection]:
    collection = collect(rows, Path("r"))
    return summarise(collection, metric_measure(field)), collection


def three_cases() -> list[dict[str, Any]]:
    values = {"mean": (1.0, 1.1, 1.2), "ice": (0.5, 0.4, 0.3), "mirf": (0.25, 0.26, 0.27)}
    rows = [
        make_row(method, dataset, seed=seed, point_rmse=value + 0.01 * seed, draw_rmse=value)
        for method, row in values.items()
        for dataset, value in zip(("a_1", "b", "c"), row, strict=True)
        for seed in (0, 1, 2)
    ]
    rows[-1] = make_row("mirf", "c", seed=2, status="failed", reason="diverged at 100% of_cells & more")
    rows += [make_row("knn", dataset, seed=0, status="timeout", reason="600 s") for dataset in ("a_1", "b", "c")]
    return rows


def test_latex_has_every_method_and_case_and_the_best_in_bold() -> None:
    table, collection = build(three_cases())
    (found,) = read_latex(latex_table(table, collection, failures(collection)))
    assert found.columns == 5
    assert all(sum(width(cell) for cell in row) == found.columns for row in found.rows)
    cells = {row[0]: row[1:] for row in found.rows}
    assert list(cells) == ["", "method", "mean", "knn", "ice", "mirf"]
    assert cells[""][0] == r"\multicolumn{1}{c}{a\_1}"
    assert cells["mean"][0] == r"$1.01 \pm 0.01$"
    assert cells["ice"][2] == r"$\mathbf{0.310 \pm 0.010}$"
    assert cells["mirf"][0] == r"$\mathbf{0.260 \pm 0.010}$"
    assert cells["mirf"][2] == r"$0.275 \pm 0.007$ (n=2, failed (1))"
    assert cells["knn"] == ["timeout (1)"] * 3 + ["4.00"]
    assert cells["mirf"][3] == "2.00"  # first, first, and last of four for the failed seed


def test_markdown_has_the_same_cells() -> None:
    table, collection = build(three_cases())
    lines = markdown_table(table, collection, failures(collection)).splitlines()
    body = {line.split(" | ")[0][2:]: line.strip("| ").split(" | ")[1:] for line in lines if line.startswith("| ")}
    assert body["method"] == ["a\\_1, MCAR 0.3", "b, MCAR 0.3", "c, MCAR 0.3", "average rank"]
    assert body["mirf"] == ["**0.260 ± 0.010**", "**0.270 ± 0.010**", "0.275 ± 0.007 (n=2, failed (1))", "2.00"]
    assert body["knn"] == ["timeout (1)"] * 3 + ["4.00"]
    assert "- mirf: failed (1), c, MCAR 0.3, seed 2: diverged at 100% of\\_cells &amp; more" in lines
    assert "Mean ± sd over n = 3 seeds, unless another n is given." in lines[0].replace("**", "")


def test_csv_reads_back_the_exact_numbers() -> None:
    table, collection = build(three_cases())
    lines = list(csv.DictReader(io.StringIO(csv_table(table))))
    assert len(lines) == 12
    found = {(line["method"], line["dataset"]): line for line in lines}
    for (method, case), entry in table.entries.items():
        line = found[method, case.dataset]
        assert (float(line["mean"]) if line["mean"] else None) == entry.mean
        assert (float(line["sd"]) if line["sd"] else None) == entry.sd
        assert float(line["rank"]) == entry.rank
    assert found["mirf", "c"]["failed"] == "1"
    assert found["knn", "a_1"]["timeout"] == "1"
    file = io.StringIO()
    write_rows(file, collection)
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert len(rows) == len(collection.runs)
    assert list(rows[0])[:3] == ["label", "status", "reason"]
    assert float(rows[0]["point_rmse"]) == collection.runs[0].row["point_rmse"]


def test_many_cases_continue_in_further_blocks_and_the_rank_comes_last() -> None:
    rows = [make_row(m, f"d{k}", mech) for m in ("ice", "mirf") for k in range(5) for mech in ("mcar", "mnar_self")]
    table, collection = build(rows)
    blocks = read_latex(latex_table(table, collection, []))
    assert [block.columns for block in blocks] == [5, 5, 6]  # ranks of two mechanisms, and of both
    assert all(sum(width(cell) for cell in row) == block.columns for block in blocks for row in block.rows)
    assert [cell for cell in blocks[0].rows[0] if cell] == [rf"\multicolumn{{2}}{{c}}{{d{k}}}" for k in range(2)]
    assert [block.rows[1][-1] for block in blocks] == ["MNAR self 0.3", "MNAR self 0.3", "all"]
    text = latex_table(table, collection, [])
    assert len(set(_labels(text))) == 3
    assert markdown_table(table, collection, []).count("| method |") == 2


def _labels(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("\\label")]


def test_point_and_draw_tables_are_labelled() -> None:
    point, _ = build(three_cases())
    draw, collection = build(three_cases(), "draw_rmse")
    assert caption(point).startswith("point_rmse ↓ (lower is better).")
    assert "scored on the point estimate" in caption(point)
    assert "scored on random draws" in caption(draw)
    assert r"$\sqrt{2}$ times the RMSE" in latex_table(draw, collection, [])
    assert "√2 times the RMSE" in markdown_table(draw, collection, [])


def test_refused_ranks_are_dashes() -> None:
    table, collection = build([make_row("ice"), make_row("mirf")])
    (found,) = read_latex(latex_table(table, collection, []))
    assert [row[-1] for row in found.rows[2:]] == ["---", "---"]
    assert "it takes 3 datasets" in latex_table(table, collection, [])
    assert "One seed." in caption(table)


def test_gate_warnings_are_marked() -> None:
    table, collection = build([make_row("ice", gate="worse than mean imputation", point_rmse=2.0), make_row("mirf")])
    assert r"$2.00$\dag{}" in latex_table(table, collection, [])
    assert "2.00†" in markdown_table(table, collection, [])


def test_nasty_names_and_reasons_break_no_format() -> None:
    rows = [make_row(f"m{NASTY}", f"{NASTY}{k}", f"x_{NASTY}", seed=0) for k in range(3)]
    rows += [make_row("other", f"{NASTY}{k}", f"x_{NASTY}", seed=0) for k in range(3)]
    rows += [make_row("bad", f"{NASTY}0", f"x_{NASTY}", status="failed", reason=NASTY + "\n数 ‖\x07 ü \udc80")]
    table, collection = build(rows)
    (found,) = read_latex(latex_table(table, collection, failures(collection)))
    assert all(sum(width(cell) for cell in row) == found.columns for row in found.rows)
    lines = markdown_table(table, collection, failures(collection)).splitlines()
    pipes = {line.replace("\\|", "").count("|") for line in lines if line.startswith("|")}
    assert pipes == {found.columns + 1}
    assert len(list(csv.reader(io.StringIO(csv_table(table))))) == 1 + 7


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_safe(text: str) -> None:
    read_latex(latex(text))
    assert "\n" not in markdown(text)
    assert "|" not in markdown(text).replace("\\|", "")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{", "open brace"),
        ("}", "closes nothing"),
        ("a & b", "outside a tabular"),
        ("50 #", "unescaped #"),
        ("a_b", "unescaped _"),
        ("$x", "open formula"),
        (r"\begin{table}", "not closed"),
        (r"\begin{table}\end{tabular}", "closes nothing"),
        ("ü", "not ASCII"),
    ],
)
def test_the_latex_reader_finds_mistakes(bad: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_latex(bad)


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_numbers_keep_three_digits(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=0.0051)
    assert number(-value) == f"-{number(value)}"


def test_sd_has_the_decimals_of_the_mean() -> None:
    assert mean_sd(12.34, 0.567) == ("12.3", "0.6")
    assert mean_sd(0.9996, 0.0123) == ("1.00", "0.01")
    assert mean_sd(1e14, 2e13) == ("1.00e14", "2.0e13")
    assert mean_sd(0.0, 0.0) == ("0.00", "0.00")


def test_an_estimate_with_a_standard_error_of_its_own_never_stands_without_it() -> None:
    rows = [
        make_row("mirf", seed=s, draw_mi_bits=v, draw_mi_bits_se=e) for s, v, e in ((0, -0.02, 0.03), (1, 0.0, 0.04))
    ]
    rows += [make_row("ice", seed=0, draw_mi_bits=-0.004, draw_mi_bits_se=0.012)]
    table, collection = build(rows, "draw_mi_bits")
    text = markdown_table(table, collection, [])
    assert "| mirf | -0.0100 ± 0.0250 |" in text  # sqrt(.03^2 + .04^2) / 2
    assert "| ice | -0.00400 ± 0.01200 (n=1) |" in text
    assert "Mean ± standard error of the estimate over n = 2 seeds" in text
    assert "One seed ± standard error of the estimate" in caption(build(rows[2:], "draw_mi_bits")[0])
    assert {line["se"] for line in csv.DictReader(io.StringIO(csv_table(table)))} == {"0.025", "0.012"}


@pytest.mark.parametrize(("name", "text"), [("[a]", "{}[a]"), ("*a", "{}*a"), ("方", "{}[U+65B9]"), ("a[b]", "a[b]")])
def test_a_name_is_no_option_of_the_end_of_the_line_before_it(name: str, text: str) -> None:
    assert latex(name) == text
