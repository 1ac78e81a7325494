"""The launcher `dask`: same rows as one process, whatever dies; an orderly end; clusters that are none."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from mirimpute.bench.results.claims import running
from mirimpute.bench.results.store import clean, read_rows
from mirimpute.bench.sweeps.dask_address import _PROTOCOLS
from mirimpute.bench.sweeps.dask_launcher import DaskLauncher
from mirimpute.errors import UserError
from tests.bench.sweeps.commands import GRID, descendants, finish, results, start, sweep, until
from tests.bench.sweeps.test_local import SLOW, odd

backends = pytest.importorskip("distributed.comm.registry", reason="needs the extra `cluster`").backends

__all__ = ["odd"]  # a fixture
DASK = ("hydra/launcher=dask", "hydra.launcher.n_workers=2")


def test_clusters_that_are_none_are_refused_before_the_first_cell(tmp_path: Path) -> None:
    there = ("dataset=iris", "method=mean", "seed=0,1", f"results_dir={tmp_path}", "hydra/launcher=dask")
    for option, said in (
        ("address=nowhere", "is no address"),
        ("address=tcp://127.0.0.1:9", "no scheduler of Dask answers"),
        ("colour=red", "colour"),
        ("n_workers=0", "computes nothing"),
        ("cluster=dask_jobqueue.SLURMCluster", "n_workers is not given"),
        ("cluster=os.getcwd", "is no cluster of Dask"),
        ("cluster=distributed.NoCluster", "has no 'NoCluster'"),
        ("options.colour=red", "refuses"),
    ):
        more = [] if "n_workers" in option or "SLURM" in option else ["hydra.launcher.n_workers=1"]
        assert said in sweep(*there, f"{'+' if 'options' in option else ''}hydra.launcher.{option}", *more, code=2)
    assert not list(tmp_path.glob("runs/*"))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("address=http://127.0.0.1:9", "tcp://host:8786"),
        ("address=inproc://1:2", "tcp://host:8786"),
        ("n_workers=true", "computes nothing"),
        ("options=null", "hydra.launcher.options="),
        ("options=5", "hydra.launcher.options="),
        ("cluster=null", "is no class"),
        ("cluster=distributed.SpecCluster", "is no cluster of Dask"),
    ],
)
def test_options_of_another_form_are_refused_in_a_sentence(tmp_path: Path, option: str, said: str) -> None:
    there = ("dataset=iris", "method=mean", f"results_dir={tmp_path}", "hydra/launcher=dask")
    more = [] if "n_workers" in option else ["hydra.launcher.n_workers=1"]
    printed = sweep(*there, f"hydra.launcher.{option}", *more, code=2)
    assert said in printed
    assert "Traceback" not in printed


def test_an_address_without_certificates_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"hydra.launcher.address=tls://127.0.0.1:{server.getsockname()[1]}"
        there = ("dataset=iris", "method=mean", f"results_dir={tmp_path}", "hydra/launcher=dask", address)
        assert "distributed.comm.tls" in sweep(*there, code=2)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "tcp://127.0.0.1:99999", "tcp://[::1]:9", "http://host:1"])
def test_a_bad_address_is_refused_before_dask_is_loaded(address: str) -> None:
    code = (
        "import sys; from mirimpute.bench.sweeps.dask_launcher import DaskLauncher\n"
        f"try: DaskLauncher({address!r}, 'distributed.LocalCluster', {{}})\n"
        "except ValueError as error: print(error, 'distributed' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith(("no scheduler of Dask answers at", "hydra.launcher.address="))
    assert said.endswith("False\n")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_listens_and_is_no_scheduler_is_refused(said: bytes) -> None:
    def answer() -> None:
        connection = server.accept()[0]
        connection.sendall(said)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(UserError, match=r"no scheduler of Dask answers.*something else"):
            DaskLauncher(f"tcp://127.0.0.1:{server.getsockname()[1]}", "distributed.LocalCluster", {})


def test_the_protocols_that_are_known_without_loading_dask_are_its_own() -> None:
    assert {*_PROTOCOLS} == {*backends} - {"inproc", "ucx"}


@pytest.mark.slow
def test_the_same_rows_as_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = (*GRID, "seed=0,1")
    sweep(*grid, f"results_dir={tmp_path}/one")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", f"{tmp_path}/temporary")
    sweep(*grid, f"results_dir={tmp_path}/two", *DASK)
    assert len(results(tmp_path / "one")) == 4
    assert results(tmp_path / "one") == results(tmp_path / "two")
    assert running(tmp_path / "two") == []
    assert not list((tmp_path / "temporary").glob("dask*"))


@pytest.mark.slow
def test_limits_hold(tmp_path: Path) -> None:
    sweep(*SLOW, "seed=0,1", "timeout_s=2", f"results_dir={tmp_path}", *DASK, code=1)
    assert [row["status"] for row in read_rows(tmp_path)] == ["timeout", "timeout"]


@pytest.mark.slow
def test_a_scheduler_that_runs_already(tmp_path: Path) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster:
        address = f"hydra.launcher.address={cluster.scheduler_address}"
        sweep(*GRID, "seed=0,1", f"results_dir={tmp_path}", "hydra/launcher=dask", address)
        assert len(results(tmp_path)) == 4
        sweep(*GRID, "seed=0,1,2", f"results_dir={tmp_path}", "hydra/launcher=dask", address, "resume=true")
        assert len(results(tmp_path)) == 6


@pytest.mark.slow
def test_a_cell_that_kills_its_process_is_a_failed_row(tmp_path: Path, odd: Callable[..., tuple[int, str]]) -> None:
    code, said = odd("'kills in check',well", *DASK)
    assert code == 1, said
    (row,) = (row for row in read_rows(tmp_path / "results") if row["status"] != "ok")
    assert "killed 3 times" in row["reason"]


def workers(pid: int) -> list[int]:
    """Return the workers of Dask below a process: children of it by ``multiprocessing``."""
    return [each.pid for each in psutil.Process(pid).children() if "spawn_main" in " ".join(each.cmdline())]


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_row(tmp_path: Path) -> None:
    sweep(*GRID, "seed=range(15)", f"results_dir={tmp_path}/one")
    process = start("-m", *GRID, "seed=range(15)", f"results_dir={tmp_path}/two", *DASK)
    for least in (1, 8):
        until(lambda least=least: len(read_rows(tmp_path / "two")) >= least)
        os.kill(workers(process.pid)[0], signal.SIGKILL)
    finish(process)
    assert results(tmp_path / "one") == results(tmp_path / "two")
    assert clean(tmp_path / "two") == 0


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_whole_and_leaves_no_process(tmp_path: Path) -> None:
    process = start("-m", *SLOW, "seed=0,1,2", f"results_dir={tmp_path}", *DASK)
    until(lambda: running(tmp_path))
    family = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "0 of 3 cells are done, 0 of them failed, 3 are left" in err
    assert "cli/bench.py" not in err
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), seconds=10)
    assert running(tmp_path) == []


CLUSTER = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address="127.0.0.1:0", silence_logs=50)
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_a_scheduler_that_dies_ends_the_sweep_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cluster.py").write_text(CLUSTER)
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    cluster = subprocess.Popen([sys.executable, tmp_path / "cluster.py"], **options)
    address = cluster.stdout.readline().strip()
    there = (f"results_dir={tmp_path}/r", "hydra/launcher=dask", f"hydra.launcher.address={address}")
    process = start("-m", *SLOW, "seed=0,1", *there)
    until(lambda: running(tmp_path / "r"))
    family = descendants(cluster.pid)
    cluster.kill()
    cluster.wait()
    assert "the scheduler of Dask is gone" in finish(process, code=2)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), seconds=30)
    assert running(tmp_path / "r") == []
