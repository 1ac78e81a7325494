"""The launcher `slurm` on a real SLURM of one machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirimpute.bench.results.claims import running
from mirimpute.bench.results.journal import sweeps
from mirimpute.bench.results.store import read_rows
from tests.bench.sweeps.blows import CELLS, FAULTS, struck
from tests.bench.sweeps.commands import finish, results, start, sweep, until

SCRIPT = Path(__file__).parents[3] / "scripts" / "slurm_local.sh"
SLURM = "hydra/launcher=slurm_local"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("slurmctld") is None, reason="SLURM is not installed (apt-get install slurm-wlm)"),
    pytest.mark.skipif(os.geteuid() != 0, reason="the SLURM of scripts/slurm_local.sh has to be started by root"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start a cluster, end it afterwards."""
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher", reason="needs the extra `cluster`")
    folder = tmp_path_factory.mktemp("slurm")
    subprocess.run([SCRIPT, "start", folder], check=True, capture_output=True)
    before = os.environ.get("SLURM_CONF")
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    yield
    subprocess.run([SCRIPT, "stop", folder], check=True, capture_output=True)
    os.environ.pop("SLURM_CONF") if before is None else os.environ.update(SLURM_CONF=before)


def until_no_job_is_left() -> None:
    until(lambda: not subprocess.run(["squeue", "--noheader"], capture_output=True, check=True).stdout)


@pytest.fixture
def config_dir(tmp_path: Path) -> Path:
    """Return a folder with two more methods: one that is refused, one that takes for ever."""
    folder = tmp_path / "conf" / "method"
    folder.mkdir(parents=True)
    (folder / "raises.yaml").write_text("defaults: [base_ice, _self_]\nname: raises\nrounds: 0\n")
    slow = "defaults: [base_missforest, _self_]\nname: slow\ntrees: 5000\nrounds: 1000\n"
    (folder / "slow.yaml").write_text(slow)
    return folder.parent


def test_six_cells_one_raises_and_one_is_killed(cluster: None, config_dir: Path, tmp_path: Path) -> None:
    methods = "method=mean,hot_deck,ice,raises,slow,knn"
    options = ("dataset=iris", "protocol.metrics=[rmse]", "threads=1", f"results_dir={tmp_path}/r", SLURM)
    process = start("-m", "--config-dir", str(config_dir), methods, *options)
    claims = tmp_path / "r" / "claims"
    until(lambda: any("slow" in label for label in running(tmp_path / "r")) or process.poll() is not None, 120)
    for path in claims.glob("*.json"):
        holder = json.loads(path.read_text())
        if "slow" in holder["label"]:
            os.kill(holder["pid"], signal.SIGKILL)
    printed = finish(process, code=1)
    rows = {row["method"]: row for row in read_rows(tmp_path / "r")}
    assert {method: row["status"] for method, row in rows.items()} == {
        **dict.fromkeys(("mean", "hot_deck", "ice", "knn"), "ok"),
        **dict.fromkeys(("raises", "slow"), "failed"),
    }
    assert "method.rounds=0" in rows["raises"]["reason"]
    assert "was killed or cancelled, see" in rows["slow"]["reason"]
    assert "left" not in printed
    again = sweep(methods.replace("raises,slow,", ""), *options, "resume=true")
    assert "4 of 4 rows were there already" in again


def test_several_cells_per_job_and_the_same_rows(cluster: None, tmp_path: Path) -> None:
    grid = ("dataset=iris", "method=mean", "protocol.metrics=[rmse]", "protocol.shrunk_metrics=[]", "seed=range(5)")
    sweep(*grid, f"results_dir={tmp_path}/one")
    sweep(*grid, f"results_dir={tmp_path}/many", SLURM, "hydra.launcher.cells_per_job=2")
    (sweep_dir,) = sweeps(tmp_path / "many")
    assert sorted(path.name for path in sweep_dir.glob("job-*.jsonl")) == ["job-0.jsonl", "job-2.jsonl", "job-4.jsonl"]
    assert results(tmp_path / "one") == results(tmp_path / "many")


def test_ctrl_c_cancels_the_jobs(cluster: None, config_dir: Path, tmp_path: Path) -> None:
    options = ("dataset=iris", "method=slow", "seed=0,1,2", f"results_dir={tmp_path}/r", SLURM)
    process = start("-m", "--config-dir", str(config_dir), *options)
    until(lambda: running(tmp_path / "r") or process.poll() is not None, 120)
    process.send_signal(signal.SIGINT)
    assert "3 are left" in finish(process, code=130)
    until_no_job_is_left()
    assert read_rows(tmp_path / "r") == []


def test_jobs_struck_at_random(cluster: None, tmp_path: Path) -> None:
    """The command, a job, its script, a fork server, a keeper, a method: killed, or told to end."""
    sweep(*CELLS, f"results_dir={tmp_path}/undisturbed")
    launcher = (SLURM, "hydra.launcher.cells_per_job=25")
    found = struck(launcher, results(tmp_path / "undisturbed"), settled=until_no_job_is_left)
    assert found == dict.fromkeys(FAULTS, 0)


def test_an_impossible_job_is_refused_in_one_sentence(cluster: None, tmp_path: Path) -> None:
    options = ("dataset=iris", "method=mean", "seed=0,1", f"results_dir={tmp_path}", SLURM)
    printed = sweep(*options, "hydra.launcher.partition=nowhere", code=2)
    assert "SLURM refused the jobs" in printed
    assert "Traceback" not in printed


def test_workers_of_dask_as_jobs(cluster: None, tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue", reason="needs the extra `cluster`")
    options = (
        f"{{cores:1,processes:1,memory:1GB,interface:lo,job_directives_skip:[--mem],log_directory:'{tmp_path}/logs'}}"
    )
    dask = ("hydra/launcher=dask", "hydra.launcher.cluster=dask_jobqueue.SLURMCluster", "hydra.launcher.n_workers=2")
    grid = ("dataset=iris", "method=mean,ice", "protocol.metrics=[rmse]", "threads=1", "seed=0,1")
    sweep(*grid, f"results_dir={tmp_path}/r", *dask, f"+hydra.launcher.options={options}")
    assert len(results(tmp_path / "r")) == 4
    assert {path.suffix for path in (tmp_path / "logs").iterdir()} <= {".out", ".err"}
