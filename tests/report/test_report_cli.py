"""`mirimpute-report`: the whole way from a folder of rows to files, and what it says when it cannot go it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mirimpute.cli.report import main

from .latex_parser import read_latex
from .row_factory import make_row, write


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for dataset in ("iris", "uci/wine_x", "letter"):
        for method in ("mean", "mirf"):
            others = {f"{e}_{m}": None for e in ("point", "draw") for m in ("mae", "w2", "mmd2", "energy")}
            write(tmp_path / "results", make_row(method, dataset, **others))
    write(tmp_path / "results", make_row("ice", "iris", status="failed", reason="diverged & 100%"))
    return tmp_path / "results"


def test_the_advice_knows_settings_of_one_method_apart(tmp_path, capsys):
    for seed in range(3):
        for setting, rmse in (("a", 0.5), ("b", 0.9)):
            write(
                tmp_path,
                make_row(
                    "mirf",
                    seed=seed,
                    point_rmse=rmse + 0.01 * seed,
                    method_hash=setting * 64,
                    config_hash=f"{seed}{setting}" * 32,
                ),
            )
        write(tmp_path, make_row("ice", seed=seed, point_rmse=0.6 + 0.02 * seed))
    assert main([str(tmp_path)]) == 0
    assert "use mirf #aaaaaaaa: the RMSE" in " ".join(capsys.readouterr().out.split())
    assert "use mirf \\#aaaaaaaa: the RMSE" in (tmp_path / "summary.md").read_text()


def test_everything_is_written_beside_the_runs(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(results.parent)
    assert main(["--all"]) == 0
    out = capsys.readouterr().out
    assert "failed: iris mcar 0.3 seed 0, ice: diverged & 100%" in out
    assert "7 rows" in out
    for name in ("point_rmse", "draw_rmse", "seconds", "peak_rss_mb"):
        for ending in ("csv", "md", "tex"):
            assert (results / "tables" / f"{name}.{ending}").stat().st_size > 0
        assert (results / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (results / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        read_latex((results / "tables" / f"{name}.tex").read_text(encoding="ascii"))


def test_every_link_of_the_index_leads_somewhere_and_every_file_is_linked(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere"
    assert main([str(results), "--out", str(out)]) == 0
    summary = (out / "summary.md").read_text(encoding="utf-8")
    links = set(re.findall(r"\]\(([^)]+)\)", summary))
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert links == files - {"summary.md"}
    assert "7 rows (1 failed, 6 ok)" in summary
    assert "ice: failed (1), iris, MCAR 0.3, seed 0: diverged &amp; 100%" in summary
    assert not (results / "tables").exists()


@pytest.mark.parametrize("folder", ["nothing", "empty"])
def test_no_results_is_one_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    (tmp_path / "empty" / "runs").mkdir(parents=True)
    assert main([str(tmp_path / folder)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"mirimpute-report: no results in '{tmp_path / folder}'")
    assert len(err.splitlines()) == 1


def test_a_folder_may_be_meant_for_one_beside_it(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(results.parent)
    assert main([results.name[:-1]]) == 2
    assert f"did you mean mirimpute-report {results.name}?" in capsys.readouterr().err
    assert main(["statis"]) == 2
    assert "did you mean mirimpute-report status?" in capsys.readouterr().err
    monkeypatch.chdir(results)
    assert main(["resuls"]) == 2
    assert "did you mean" not in capsys.readouterr().err  # half of the letters of "status"


def test_no_place_to_write_is_exit_code_2(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main([str(results), "--out", str(tmp_path / "file")]) == 2
    assert "--out" in capsys.readouterr().err


def test_a_bad_row_is_a_warning_in_one_line(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bad,) = results.glob("runs/iris/*/ice/*/row.json")
    bad.write_text("{")
    assert main([str(results)]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"mirimpute-report: warning: result '{bad}' is left out")


def test_only_failures_make_an_index_without_tables(tmp_path: Path) -> None:
    write(tmp_path, make_row("mirf", status="failed", reason="no data"))
    assert main([str(tmp_path)]) == 0
    assert "no data" in (tmp_path / "summary.md").read_text()
    assert [path.name for path in (tmp_path / "tables").iterdir()] == ["rows.csv"]


def test_the_command_line_loads_no_heavy_library() -> None:
    code = (
        "import sys, mirimpute.cli.report, mirimpute.report.terminal, mirimpute.bench.results\n"
        "print([name for name in ('matplotlib', 'pandas', 'torch', 'scipy', 'ot', 'pyarrow') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert found.stdout.strip() == "[]"


def test_where_nothing_can_be_written_is_said_before_any_work(results, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("mirimpute.report.build.read_rows", lambda *_: pytest.fail("rows were read"))
    (file := tmp_path / "file").write_text("")
    for arguments in (["--out", str(file)], [f"--html={file}/page.html"], [f"--html={tmp_path}"]):
        assert main([str(results), *arguments]) == 2
        said = capsys.readouterr().err
        assert str(tmp_path) in said
        assert said.count("\n") == 1


@pytest.mark.parametrize(("arguments", "said"), [(["statuss"], "report status"), (["compact", "nothing"], "'nothing'")])
def test_what_is_no_folder_of_results_stays_as_it_is(tmp_path, capsys, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text("a,b\n")
    for given in (arguments, ["table.csv"]):
        assert main(given) == 2
        err = capsys.readouterr().err
        assert "no results in" in err
        assert given is not arguments or said in err
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_all_figures_and_a_page_are_not_asked_for_at_once(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(results), "--all", "--html", str(results / "page.html")]) == 2
    assert "leave --all out" in capsys.readouterr().err
    assert not (results / "page.html").exists()
