"""Which pages are stale, from rows of now, of another version, and of no named method."""

from benchmarks import page, stale
from benchmarks.frame import frame_of, write_csv
from mirimpute.bench.config import hash_of_method
from mirimpute.methods.presets import named_method
from tests.benchmarks.rows import row
from tests.report.row_factory import write


def now(name, **fields):
    return row(name, method_hash=hash_of_method(named_method(name)), **fields)


def test_pages_are_current_stale_or_unknown(tmp_path, capsys):
    write_csv(frame_of([now("mirf"), now("ice")]), tmp_path / "new.csv")
    write_csv(frame_of([now("ice"), row("mirf", method_hash="b" * 64), row("no trees")]), tmp_path / "old.csv")
    (tmp_path / "other.csv").write_text("seed,value\n0,1\n")
    (tmp_path / "other.md").write_text("# A page without a method\n")
    (tmp_path / "simulated.md").write_text(
        f"{page.made_with('mice', 'ice')}\n".replace("ice version 2", "ice version 1")
    )
    (tmp_path / "older.md").write_text("- Methods: mice version 1, settings 0123abcd.\n")
    write(tmp_path / "paper", row("mirf", method_hash="c" * 64))
    capsys.readouterr()
    assert stale.main(["--pages", str(tmp_path), "--record", str(tmp_path / "paper")]) == 0
    new, old, older, other, simulated, paper, count = capsys.readouterr().out.splitlines()
    assert new == "new.md: current"
    assert old.startswith("old.md: stale: mirf (rows bbbbbbbb, now ")
    assert "ice" not in old
    assert other.startswith("other.md: cannot be told")
    assert paper.startswith("paper/summary.md: stale: mirf (rows cccccccc")
    assert older == f"older.md: stale: mice (rows 0123abcd, now {stale.hashes_now()['mice']})"
    assert simulated == "simulated.md: current"
    assert count == "3 of 6 pages are stale"


def test_rows_of_one_draw_make_a_page_stale():
    frame = frame_of([now("mirf")])
    assert not stale.state_of("p", frame, stale.hashes_now()).stale
    older = stale.state_of("p", frame.drop(columns="scored_draws"), stale.hashes_now())
    assert (older.stale, older.one_draw) == (True, 1)
    point = frame.assign(draw_rmse=frame["point_rmse"]).drop(columns="scored_draws")
    assert not stale.state_of("p", point, stale.hashes_now()).stale


def test_another_parameter_is_another_hash():
    assert hash_of_method(named_method("mirf")) != hash_of_method(named_method("mirf", {"draws": 21}))
    assert stale.hashes_now()["mice"] == hash_of_method(named_method("mice"))[:8]


def test_a_page_of_an_older_multiple_imputation_is_stale():
    text = f"{page.made_with('mirf_fast')[:-1]}; {page.MULTIPLE} 1."
    found = stale.state_of_text("coverage.md", text, stale.hashes_now())
    assert found.sentence == f"coverage.md: stale: {page.MULTIPLE} (rows 1, now {stale.multiple.VERSION})"
    assert not stale.state_of_text("coverage.md", page.made_with("mirf_fast"), stale.hashes_now()).stale


def test_rows_of_the_version_before_are_current_where_it_gave_the_same_values():
    """mirf 12 changed wide tables alone; the name of the version, 11, is that of the rows."""
    method = named_method("mirf_fast")
    method.version = 11
    frame = frame_of([row("mirf_fast", method_hash=hash_of_method(method), n_columns=20)])
    assert stale.state_of("p", frame, stale.hashes_now()).current == ("mirf_fast",)
    assert stale.state_of("p", frame.assign(n_columns=500), stale.hashes_now()).stale
    method.version = 10
    assert stale.state_of("p", frame.assign(method_hash=hash_of_method(method)), stale.hashes_now()).stale
