"""The numbers and the page of the quality benchmark, from hand-made rows."""

import csv
from datetime import date

import pytest

from benchmarks import quality
from benchmarks.cells import Found, former_rows, newest, read_cells
from benchmarks.frame import frame_of, write_csv
from benchmarks.quality_page import case_lines, quality_page, ratio_lines
from benchmarks.sweep import Sweep
from mirimpute.errors import UserError
from tests.benchmarks.rows import row, rows_of
from tests.report.row_factory import write


def test_seconds_and_the_fast_variant_are_ratios():
    rows = [
        row("mirf", fit_s=3.0, impute_s=1.0, point_rmse=1.0),
        row("mirf_fast", fit_s=0.5, impute_s=0.5, point_rmse=1.25),
        row("hyperimpute/hyperimpute", fit_s=0.0, impute_s=2.0, point_rmse=2.0),
    ]
    values = {line[0].replace("\\", ""): line[1] for line in ratio_lines(frame_of(rows))}
    assert values["seconds, mirf / hyperimpute/hyperimpute"] == "2.00"
    assert values["seconds, mirf_fast / hyperimpute/hyperimpute"] == "0.500"
    assert values["point_rmse, mirf_fast / mirf"] == "1.25"


def test_case_table_shows_best_failed_and_missing():
    rows = rows_of("point_rmse", {"mirf": [0.5, 0.7, 0.6], "ice": [0.8, 0.9]})
    rows += [row("ice", seed=2, status="timeout"), row("knn", status="failed")]
    sweep = Sweep("a", ("mirf", "ice", "knn", "mean"), ("mcar",), (0, 1, 2), 0.3)
    assert case_lines(frame_of(rows), [sweep], sweep.methods) == [
        ["a mcar 0.3", "**0.600**", "0.850 (1 timeout)", "1 failed, 2 missing", "3 missing"]
    ]


def test_page_counts_cells_and_hides_folders():
    rows = [row("mirf", point_rmse=1.0), row("ice", status="failed", reason="no data in /home/me/data, try again")]
    sweep = Sweep("a", ("mirf", "ice"), ("mcar",), (0, 1), 0.3)
    page = quality_page(Found(frame_of(rows), ("a note",)), [sweep], [], "seeds 0, 1", date(2026, 1, 2))
    assert "2 of the 4 cells of the grid have a row, 2 are missing; 1 are ok, 1 are not." in page
    assert "2026-01-02" in page
    assert "mirimpute 0.1.0; python 3.11.7 (2 rows)" in page
    assert "ice: failed (1), a mcar 0.3 seed 0: no data in &lt;path&gt;, try again" in page
    assert "/home" not in page
    assert "- a note" in page
    assert "| mirf | not recorded |" in page  # version, and the hash of its settings
    assert "A part of the grid only: seeds 0, 1." in page


def test_page_compares_the_variant_that_is_told_how_values_are_missing():
    rows = []
    for name, told in (("a", 0.5), ("b", 0.9)):
        errors = {"mirf_mnar": [told], "mirf": [0.8], "hyperimpute/hyperimpute": [1.0]}
        rows += [{**each, "mechanism": "mnar_self"} for each in rows_of("point_rmse", errors, name)]
    rows += rows_of("point_rmse", {"mirf": [9.0]}, "a")  # by MCAR: another question
    sweeps = [Sweep(name, ("mirf",), ("mcar", "mnar_self"), (0,), 0.3) for name in "ab"]
    page = quality_page(Found(frame_of(rows), ()), sweeps, quality.self_masked(sweeps), "", date(2026, 1, 2))
    # .5 - .8 and .9 - .8: mean -.1, Student's interval with one degree of freedom -.1 ± 12.706 * .2
    assert "| point\\_rmse, against mirf | 1, 0, 1 | -0.100 | -2.64 to 2.44 |" in page
    assert "| a mnar\\_self 0.3 | **0.500** | 0.800 | 1.00 |" in page


def test_only_the_newest_setting_of_a_method_counts():
    old = [row("mirf", seed=seed, method_hash="a" * 64, config_hash=f"{seed}a" * 32) for seed in (0, 1)]
    new = row("mirf", seed=0, method_hash="b" * 64, config_hash="b" * 64)
    other = row("ice")
    kept, notes = newest([new, *old, other], [9.0, 1.0, 2.0, 1.0])
    assert kept == [other, new]
    assert notes == ["mirf: 2 older row(s) are left out"]


def test_only_the_newest_content_of_a_dataset_counts():
    short = [row(method, data_sha256="a" * 64, n_rows=400) for method in ("mirf", "ice")]
    long = row("mirf", data_sha256="b" * 64, n_rows=1000, config_hash="b" * 64)
    kept, notes = newest([*short, long], [1.0, 2.0, 3.0])
    assert kept == [long]
    assert notes == ["a: 2 row(s) of another content are left out"]


def test_two_settings_of_a_method_do_not_share_a_page(tmp_path):
    former = [row("knn", "digits", seed=seed, method_hash=f"{seed}" * 64) for seed in (0, 1)]
    write_csv(frame_of(former), tmp_path / "before.csv")
    write(tmp_path / "rows", row("mirf", "digits"))
    sweep = Sweep("digits", ("mirf", "knn"), ("mcar",), (0, 1), 0.3)
    with pytest.raises(UserError, match=r"knn are of 2 versions or settings \(00000000, 11111111\)"):
        read_cells([sweep], tmp_path / "rows", tmp_path / "before.csv")


def test_a_page_can_be_made_of_the_rows_of_the_page_before_alone(tmp_path):
    write_csv(frame_of([row("knn", "digits", point_rmse=0.5)]), tmp_path / "before.csv")
    found = read_cells([Sweep("digits", ("knn",), ("mcar",), (0,), 0.3)], tmp_path / "none", tmp_path / "before.csv")
    assert found.frame["point_rmse"].tolist() == [0.5]
    assert found.frame["method_hash"].str.len().tolist() == [8]


def test_grid_is_the_one_of_the_readme():
    sweeps = quality.grid()
    assert sum(len(sweep.cells) for sweep in sweeps) == (10 * 3 + 4) * 3 * 11
    large = [sweep.dataset for sweep in sweeps if "dataset.max_rows=5000" in sweep.arguments]
    assert large == ["uci/parkinsons", "uci/bike", "uci/pumadyn32nm"]


def test_rows_outside_the_grid_are_ignored(tmp_path):
    write(tmp_path, row("mirf", "digits"))
    write(tmp_path, row("mirf", "digits", seed=7))
    found = read_cells([Sweep("digits", ("mirf",), ("mcar",), (0,), 0.3)], tmp_path)
    assert found.frame["seed"].tolist() == [0]


def test_rows_of_the_page_before_stand_unless_the_method_has_changed(tmp_path):
    former = [row("mirf", seed=seed, method_hash="a" * 64, point_rmse=0.5) for seed in (0, 1)]
    former += [row("ice", seed=0, method_hash="b" * 64, point_rmse=0.7)]
    former += [row("knn", seed=0, method_hash="c" * 64, point_rmse=0.8), row("knn", dataset="other")]
    write_csv(frame_of(former), tmp_path / "before.csv")
    now = frame_of([row("mirf", seed=0, method_hash="d" * 64), row("ice", seed=1, method_hash="b" * 64)])
    wanted = Sweep("a", ("mirf", "ice", "knn"), ("mcar",), (0, 1), 0.3).cells
    stand = former_rows(
        tmp_path / "before.csv", {(*cell[:2], now["missing_rate"][0], *cell[3:]) for cell in wanted}, now
    )
    assert list(zip(stand["method"], stand["seed"], stand["point_rmse"], strict=True)) == [
        ("ice", 0, 0.7),
        ("knn", 0, 0.8),
    ]
    assert (stand["versions"] == now["versions"][0]).all()


def test_table_only_writes_csv_and_page_from_rows(tmp_path, capsys):
    write(tmp_path / "rows", row("mirf", "digits", point_rmse=0.25, fit_s=1.0, impute_s=0.5))
    write(tmp_path / "rows", row("ice", "digits", status="timeout"))
    options = ["--table-only", "--results-dir", str(tmp_path / "rows"), "--out", str(tmp_path)]
    assert quality.main([*options, "--datasets", "digits", "--methods", "mirf,ice"]) == 0
    lines = list(csv.DictReader((tmp_path / "quality.csv").read_text().splitlines()))
    assert [line["method"] for line in lines] == ["ice", "mirf"]
    assert lines[1]["point_rmse"] == "0.25"
    assert lines[1]["seconds"] == "1.5"
    assert lines[0]["status"] == "timeout"
    assert "digits mcar 0.3 | **0.250** (2 missing) | 1 timeout, 2 missing |" in (tmp_path / "quality.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--datasets", "uci/wines"], "did you mean 'uci/wine'"),
        (["--mechanisms", "mnar"], "unknown mechanism 'mnar'"),
        (["--datasets", "digits", "--mechanisms", "mar"], "nothing to run"),
        (["--table-only", "--results-dir", "nowhere"], "no row of this grid in 'nowhere'"),
    ],
)
def test_mistakes_are_one_sentence(arguments, said, capsys):
    assert quality.main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
