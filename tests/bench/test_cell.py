"""One cell from configuration to row."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mirimpute
from mirimpute.amputation.registry import MECHANISMS
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.bench.results.claims import ClaimedError, Claims
from mirimpute.bench.results.row import COST_FIELDS
from mirimpute.bench.results.store import read_rows
from mirimpute.datasets.bundled import Bundled
from mirimpute.datasets.files import File
from mirimpute.datasets.synthetic import Gaussian
from mirimpute.errors import MirimputeWarning
from mirimpute.methods.base import Completed, Imputation, Method
from mirimpute.methods.baselines.hot_deck import HotDeck
from mirimpute.methods.baselines.ice import Ice
from mirimpute.methods.baselines.mean import Mean
from mirimpute.methods.mirf.method import Mirf
from mirimpute.types import no_progress

IRIS = Bundled(name="iris", id="iris")
TINY_MIRF = Mirf(rounds=1, steps=4, final_steps=4, width=8, batch=16, chains=2, trees=3)


def _config(tmp_path, method=None, dataset=IRIS, mechanism="mcar", **more):
    return CellConfig(
        dataset=dataset,
        mechanism=MECHANISMS[mechanism](name=mechanism),
        method=method or Ice(),
        results_dir=str(tmp_path / "results"),
        **{"protocol": Protocol(), **more},
    )


def _without_cost(row):
    return {name: value for name, value in row.items() if name not in COST_FIELDS}


@pytest.mark.parametrize("method", [Ice(), HotDeck(), TINY_MIRF], ids=lambda method: method.name)
def test_twice_the_same_cell_is_the_same_row(method, tmp_path):
    first = run_cell(_config(tmp_path / "a", method), tmp_path)
    second = run_cell(_config(tmp_path / "b", method), tmp_path)
    assert first.row["status"] == "ok"
    rows = [json.loads((result.directory / "row.json").read_text()) for result in (first, second)]
    assert _without_cost(rows[0]) == _without_cost(rows[1])


def test_row_says_what_was_done(tmp_path):
    row = run_cell(_config(tmp_path, missing_rate=0.4), tmp_path).row
    assert (row["n_rows"], row["n_columns"]) == (150, 4)
    assert row["realised_rate"] == pytest.approx(0.4, abs=1 / 600)
    assert row["scored_cells"] == 240
    for metric in Protocol().metrics:
        assert np.isfinite(row[f"draw_{metric}"])
        # ice is deterministic, and a costly metric is that of a draw alone
        assert row.get(f"point_{metric}", row[f"draw_{metric}"]) == row[f"draw_{metric}"]
    assert (row["n_draws"], row["scored_draws"], row["max_rows"]) == (1, 0, None)
    assert "draw_energy_se" not in row
    assert row["point_rmse"] < 0.8
    assert read_rows(tmp_path / "results") == [row]


def test_draws_are_scored_as_means_over_five_with_their_error(tmp_path):
    row = run_cell(_config(tmp_path, HotDeck(), dataset=Bundled(name="iris", id="iris", max_rows=90)), tmp_path).row
    assert (row["n_draws"], row["scored_draws"], row["max_rows"], row["n_rows"]) == (20, 5, 90, 90)
    assert row["draw_energy_se"] > 0
    assert row["shrunk_w2_se"] > 0
    assert 0 < row["draws_coverage_90"] < 1  # 20 draws have an interval
    few = run_cell(_config(tmp_path, HotDeck(draws=3)), tmp_path).row
    assert few["scored_draws"] == 3


def test_mask_depends_on_the_seed_and_never_on_the_method(tmp_path):
    masks = {
        (method.name, seed): run_cell(_config(tmp_path, method, seed=seed), tmp_path).row["mask_sha256"]
        for method in (Mean(), HotDeck())
        for seed in (0, 1)
    }
    assert masks["mean", 0] == masks["hot_deck", 0]
    assert masks["mean", 1] == masks["hot_deck", 1]
    assert masks["mean", 0] != masks["mean", 1]


def test_mean_scores_one_in_its_own_scale(tmp_path):
    """Standardised by the observed cells, the mean's RMSE is the root mean square of the hidden ones: about 1."""
    row = run_cell(_config(tmp_path, Mean(), dataset=Gaussian(name="g", n_rows=4000)), tmp_path).row
    assert row["point_rmse"] == pytest.approx(1.0, abs=5 / np.sqrt(2 * row["scored_cells"]))
    assert row["gate"] == ""


@dataclasses.dataclass
class _Cheats(Method):
    """Returns the column means under another name, or worse."""

    name: str = "cheats"
    how: str = "mean"
    far: float = 1e7

    def fit(self, problem, progress=no_progress):
        x = problem.x_incomplete.copy()
        x[problem.missing] = np.broadcast_to(np.nanmean(x, axis=0), x.shape)[problem.missing]
        if self.how == "raises":
            raise RuntimeError("on purpose")
        if self.how == "changes":
            x[~problem.missing] = np.nextafter(x[~problem.missing], np.inf)
        if self.how == "nan":
            x[problem.missing] = np.nan
        if self.how == "far":
            x[problem.missing] += 3.0
        if self.how == "diverges":
            x[problem.missing] = self.far
        return Completed(Imputation(x, x[None]))


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("mean", "output equals the column means"),
        ("changes", "observed cell"),
        ("nan", "NaN"),
        ("diverges", "diverged"),
    ],
)
def test_canaries_are_caught_by_the_gate(how, reason, tmp_path):
    row = run_cell(_config(tmp_path, _Cheats(how=how)), tmp_path).row
    assert row["status"] == "failed"
    assert reason in row["reason"]
    assert "point_rmse" not in row


def test_a_log_does_not_name_the_folders_of_the_machine(tmp_path):
    result = run_cell(_config(tmp_path, _Cheats(how="raises")), tmp_path)
    log = (result.directory / "log.txt").read_text()
    assert result.row["status"] == "failed"
    assert 'File "<mirimpute>/mirimpute/' in log
    assert str(Path(mirimpute.__file__).parents[1]) not in log


def test_a_failure_never_replaces_an_ok_row(tmp_path):
    first = run_cell(_config(tmp_path), tmp_path)
    again = run_cell(_config(tmp_path, timeout_s=1e-9), tmp_path)
    if again.row["status"] == "ok":
        pytest.fail("the time-out was not reached, so nothing was tested")
    assert again.row["status"] == "timeout"
    assert "earlier run was kept" in again.row["reason"]
    assert read_rows(tmp_path / "results") == [first.row]


@pytest.mark.parametrize("far", [1e7, 1e120, 1e152, 1e250])
def test_divergence_of_any_size_is_a_failed_row(far, tmp_path):
    row = run_cell(_config(tmp_path, _Cheats(how="diverges", far=far)), tmp_path).row
    assert row["status"] == "failed"
    assert row["reason"].startswith("diverged: ")


def test_worse_than_the_mean_is_marked(tmp_path):
    row = run_cell(_config(tmp_path, _Cheats(how="far")), tmp_path).row
    assert row["status"] == "ok"
    assert row["gate"].startswith("worse than mean imputation")


def test_resume_skips_what_is_done_and_nothing_else(tmp_path):
    first = run_cell(_config(tmp_path, resume=True), tmp_path)
    again = run_cell(_config(tmp_path, resume=True), tmp_path)
    assert (first.resumed, again.resumed) == (False, True)
    assert again.row == first.row
    other = run_cell(_config(tmp_path, Ice(rounds=2), resume=True), tmp_path)
    assert not other.resumed
    assert other.row["config_hash"] != first.row["config_hash"]
    assert len(read_rows(tmp_path / "results")) == 2


def test_resume_computes_again_for_other_versions_or_wanted_tables(tmp_path, monkeypatch):
    run_cell(_config(tmp_path), tmp_path)
    with_tables = run_cell(_config(tmp_path, resume=True, save_tables=True), tmp_path)
    assert not with_tables.resumed
    assert (with_tables.directory / "tables").is_dir()
    assert run_cell(_config(tmp_path, resume=True, save_tables=True), tmp_path).resumed
    monkeypatch.setattr("mirimpute.bench.identity.versions", lambda: "mirimpute 0.1.0; numpy 99")
    assert not run_cell(_config(tmp_path, resume=True), tmp_path).resumed


def test_resume_keeps_failures_unless_they_are_asked_for(tmp_path):
    def run(how="nan", **more):
        return run_cell(_config(tmp_path, _Cheats(how=how), **more), tmp_path)

    first = run()
    assert run(resume=True).resumed
    assert not run(resume="failed").resumed
    ok = run("far")
    assert ok.row["status"] == "ok"
    assert run("far", resume="failed").resumed
    assert not run("far", resume=True, force=True).resumed
    assert first.directory.name != ok.directory.name


def test_a_new_version_of_the_method_is_another_cell(tmp_path, monkeypatch):
    run_cell(_config(tmp_path), tmp_path)
    monkeypatch.setattr(Ice, "version", Ice.version + 1)
    assert not run_cell(_config(tmp_path, resume=True), tmp_path).resumed
    assert len({row["method_hash"] for row in read_rows(tmp_path / "results")}) == 2


def test_a_cell_that_somebody_has_just_computed_is_taken(tmp_path, monkeypatch):
    """Between the first look and the claim, another process finishes the cell."""
    first = run_cell(_config(tmp_path), tmp_path)
    written = iter([None, 1, None, 1])
    monkeypatch.setattr("mirimpute.bench.cell.row_written_ns", lambda *_: next(written))
    assert run_cell(_config(tmp_path), tmp_path).row == first.row
    assert not run_cell(_config(tmp_path, force=True), tmp_path).resumed


def test_a_cell_that_is_claimed_is_left_alone(tmp_path):
    config = _config(tmp_path)
    name = config.config_hash(IRIS.load(tmp_path).sha256)
    with Claims(tmp_path / "results").held(name, "it"), pytest.raises(ClaimedError):
        run_cell(config, tmp_path)
    assert read_rows(tmp_path / "results") == []
    assert run_cell(config, tmp_path).row["status"] == "ok"


class _SpyError(Exception):
    pass


def test_imputer_gets_the_same_problem_whatever_is_behind_the_holes(tmp_path, monkeypatch):
    """Change the truth of every hidden cell: under MCAR, what the method receives must not move by a bit."""
    problems = []

    def caught(method, problem, **_):
        problems.append(problem)
        raise _SpyError

    monkeypatch.setattr("mirimpute.bench.cell.run_isolated", caught)
    values = np.random.default_rng(0).normal(size=(50, 3))
    for poison in (None, 1e30):
        if poison is not None:
            values = np.where(problems[0].missing, poison, values)
        path = tmp_path / "my.parquet"
        pd.DataFrame(values, columns=["a", "b", "c"]).to_parquet(path)
        with pytest.raises(_SpyError):
            run_cell(_config(tmp_path, dataset=File(path=str(path))), tmp_path)
    assert np.array_equal(problems[0].x_incomplete, problems[1].x_incomplete, equal_nan=True)
    assert problems[0].seed == problems[1].seed


def test_resume_notices_that_the_file_has_changed(tmp_path):
    path = tmp_path / "my.csv"
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["a", "b", "c"])
    frame.to_csv(path, index=False)
    dataset = File(path=str(path))
    run_cell(_config(tmp_path, dataset=dataset, resume=True), tmp_path)
    frame.iloc[0, 0] = 9.0
    frame.to_csv(path, index=False)
    assert not run_cell(_config(tmp_path, dataset=dataset, resume=True), tmp_path).resumed


def test_own_missing_cells_are_completed_but_never_scored(tmp_path):
    path = tmp_path / "my.csv"
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
    frame.iloc[:10, 0] = np.nan
    frame["word"] = [f"word {i}" for i in range(60)]
    frame.to_csv(path, index=False)
    config = _config(tmp_path, dataset=File(path=str(path)), save_tables=True)
    with pytest.warns(MirimputeWarning, match="word"):
        result = run_cell(config, tmp_path)
    assert result.row["status"] == "ok"
    assert result.row["realised_rate"] == pytest.approx(0.3, abs=1 / 170)
    tables = {path.stem: pd.read_parquet(path) for path in (result.directory / "tables").iterdir()}
    assert set(tables) == {"truth", "incomplete", "point", "draw"}
    assert tables["point"].notna().all().all()
    assert tables["truth"].isna().sum().tolist() == [10, 0, 0]
    observed = tables["incomplete"].notna()
    assert (tables["point"][observed] == tables["truth"][observed]).sum().sum() == observed.sum().sum()
    assert observed.sum().sum() == 170 - result.row["scored_cells"]
