"""A program as a method: what it gets, what is made of what it gives, and every way in which it can go wrong."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mirimpute.bench.run.isolation import run_isolated
from mirimpute.errors import ImputationError, NotInstalledError, UserError
from mirimpute.methods.external import command
from mirimpute.methods.external.command import Command
from mirimpute.methods.presets import named_method
from mirimpute.methods.sanity import check
from mirimpute.types import no_progress
from tests.methods.conftest import correlated
from tests.methods.conftest import problem_of as plain_problem

FILLS = """
import json, os, signal, subprocess, sys, time
import pandas as pd

how, folder = sys.argv[1:]
task = json.load(open(folder + "/task.json"))
frame = pd.read_parquet(folder + "/incomplete.parquet", use_threads=False, pre_buffer=False)
first = frame.apply(lambda column: column.dropna().iloc[0])
tables = [frame.fillna(first.to_dict()) for _ in range(task["completions"])]
{how}
for number, table in enumerate(tables, start=1):
    table.to_parquet(f"{{folder}}/completed-{{number}}.parquet", index=False)
"""
WAYS = {
    "well": "",
    "raises": "raise ValueError('no such luck')",
    "dies": "os.kill(os.getpid(), signal.SIGSEGV)",
    "says nothing": "os._exit(3)",
    "stops half way": "open(folder + '/completed-1.parquet', 'wb').write(b'PAR1 half'); tables = []",
    "leaves holes": "tables[0].iloc[1, 0] = None",
    "changes a number": "tables[1].iloc[0, 0] *= 1.001",
    "changes a category": "tables[0].iloc[0, 2] = 'red'",
    "too few": "del tables[1]",
    "too few rows": "tables[0] = tables[0].iloc[1:]",
    "too few columns": "del tables[0]['n']",
    "another column": "tables[0] = tables[0].rename(columns={'n': 'N'})",
    "row names": "tables[0].to_csv(folder + '/completed-1.csv'); tables = []",
    "both formats": "tables[0].to_csv(folder + '/completed-1.csv', index=False)",
    "unknown category": "tables[0]['colour'] = tables[0]['colour'].astype(str).replace('red', 'violet')",
    "infinite": "tables[0].iloc[1, 0] = float('inf')",
    "no report": "open(folder + '/report.json', 'w').write('seconds: 3')",
    "too quick": "json.dump({'seconds': -1}, open(folder + '/report.json', 'w'))",
    "lacks a package": "print('install the package rival', flush=True); os._exit(69)",
    "floods the disk": "file = open(folder + '/completed-1.csv', 'wb')\nwhile True: file.write(bytes(1 << 20))",
    "sleeps": "time.sleep(600)",
    "leaves a daemon": "print(subprocess.Popen(['sleep', '600']).pid, file=open(sys.argv[0] + '.pid', 'w'))",
    "sleeps elsewhere": "print(subprocess.Popen(['sleep', '600'], start_new_session=True).pid, "
    "file=open(sys.argv[0] + '.pid', 'w')); time.sleep(600)",
}


@pytest.fixture
def program(tmp_path):
    """Return a method whose program behaves as told."""

    def make(how, draws=2, **more):
        path = tmp_path / "program.py"
        path.write_text(FILLS.format(how=WAYS[how]))
        return Command(command=f"'{sys.executable}' '{path}' '{how}'", draws=draws, **more)

    return make


def _run(method, problem, tmp_path, **more):
    return run_isolated(method, problem, folder=tmp_path, progress=no_progress, **more)


def test_a_program_runs_in_isolation(mixed, program, tmp_path):
    outcome = _run(program("well"), mixed, tmp_path, threads=1)
    assert outcome.status == "ok", outcome.reason
    check(mixed, outcome.imputation)
    assert outcome.imputation.draws.shape == (2, *mixed.x_incomplete.shape)
    assert outcome.cost.fit_s > 0
    assert outcome.cost.peak_rss_mb > 10  # of the program, whose interpreter alone needs as much


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("raises", "exit code 1; its last words: .*ValueError: no such luck$"),
        ("dies", f"ended by signal {signal.SIGSEGV.value}"),
        ("says nothing", "exit code 3 and said nothing"),
        ("stops half way", r"completed-1.parquet cannot be read \("),
        ("leaves holes", r"no value in 1 of \d+ missing cells, the first in column 'größe"),
        ("infinite", "no value in 1 of"),
        ("changes a number", "completed-2.parquet changed 1 observed .* row 0 of column 'größe"),
        ("changes a category", "changed 1 observed .* row 0 of column 'colour'"),
        ("too few", "wrote 1 of the 2 completed tables"),
        ("too few rows", "has 29 rows, the table 30"),
        ("too few columns", "30 rows and 4 columns, the table 30 and 5; it lacks 'n'"),
        ("another column", "it lacks 'n'; the table has no 'N'"),
        ("row names", "the table has no 'Unnamed: 0', such as row names"),
        ("both formats", r"wrote completed-1\.\w+ and completed-1\.\w+: one of them"),
        ("unknown category", "holds 'violet' in column 'colour'"),
        ("no report", "report.json is no JSON"),
        ("too quick", "report.json holds .*seconds"),
    ],
)
def test_what_is_no_answer_is_one_sentence(how, reason, mixed, program, tmp_path):
    with pytest.raises(ImputationError, match=reason) as caught:
        program(how).fit(mixed)
    assert "\n" not in str(caught.value)


def test_what_a_program_prints_is_in_the_log_and_its_failure_a_row(mixed, program, tmp_path):
    outcome = _run(program("raises"), mixed, tmp_path)
    assert outcome.status == "failed"
    assert "no such luck" in outcome.reason
    assert "Traceback" in outcome.log


def test_gigabytes_are_stopped(mixed, program, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "_FILES_BYTES", 10 << 20)
    with pytest.raises(ImputationError, match=r"stopped after it had written \d+ MiB"):
        program("floods the disk").fit(mixed)


def test_an_absent_package_says_how_to_get_it(mixed, program, tmp_path):
    with pytest.raises(UserError, match="install the package rival"):
        _run(program("lacks a package"), mixed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["sleeps", "sleeps elsewhere", "leaves a daemon"])
def test_no_process_of_a_program_outlives_its_time(how, mixed, program, tmp_path):
    status = _run(program(how), mixed, tmp_path, timeout_s=10).status
    assert status == ("ok" if how == "leaves a daemon" else "timeout")
    if how != "sleeps":
        pid = int((tmp_path / "program.py.pid").read_text())
        _until(lambda: _has_ended(pid), "the program's process is still there")


@pytest.mark.parametrize(
    ("given", "error", "reason"),
    [
        ("", UserError, "method.command is empty"),
        ("Rscript 'my.R", UserError, "cannot be split into words"),
        ("no-such-program here", NotInstalledError, "needs the program 'no-such-program'"),
        ("{python} my.py", NotInstalledError, "make rivals.*MIRIMPUTE_RIVALS"),
    ],
)
def test_what_cannot_start_is_refused_before_any_data(given, error, reason, monkeypatch, tmp_path):
    monkeypatch.setenv("MIRIMPUTE_RIVALS", str(tmp_path / "nowhere"))
    with pytest.raises(error, match=reason):
        Command(command=given).check()


def test_absent_r_is_named_with_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstalledError, match=r"'r/mice_cart' needs R: .*apt-get install"):
        named_method("r/mice_cart")


def test_no_shell_reads_the_command(mixed, program, tmp_path):
    method = program("well")
    method.command += f" ; touch {tmp_path / 'pwned'}"
    with pytest.raises(ImputationError):  # the words are arguments, and there are too many
        method.fit(mixed)
    assert not (tmp_path / "pwned").exists()


def test_a_table_without_units_is_refused(program):
    with pytest.raises(UserError, match="own units"):
        program("well").fit(plain_problem(correlated()[1]))


def test_an_edited_program_is_another_method(program, tmp_path):
    method = program("well")
    before = method.version
    assert method.version == before
    (tmp_path / "program.py").write_text("pass")
    assert method.version != before


def test_threads_and_text_reach_the_program(mixed, tmp_path):
    path = tmp_path / "env.py"
    path.write_text(
        "import os, sys, json\n"
        "names = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'LOKY_MAX_CPU_COUNT', 'CUDA_VISIBLE_DEVICES')\n"
        "sys.exit(' '.join(map(os.environ.get, names)) + str(json.load(open(sys.argv[1] + '/task.json'))['threads']))"
    )
    outcome = _run(Command(command=f"{sys.executable} {path}"), mixed, tmp_path, threads=1)
    assert outcome.reason.endswith("1 1 1 1")


def test_a_harness_that_is_killed_takes_the_program_along(tmp_path):
    """As a cluster does it: nobody tidies up."""
    (tmp_path / "program.py").write_text(
        "import os, sys, time\nopen(sys.argv[0] + '.pid', 'w').write(str(os.getpid()))\ntime.sleep(600)"
    )
    start = "from mirimpute.cli.bench import main; main()"
    options = ["method=command", "dataset=iris", f"results_dir={tmp_path / 'results'}"]
    options.append(f"method.command={sys.executable} {tmp_path / 'program.py'}")
    harness = subprocess.Popen([sys.executable, "-c", start, *options])
    pid_file = tmp_path / "program.py.pid"
    try:
        _until(lambda: pid_file.exists() and pid_file.read_text(), "the program never started")
        harness.send_signal(signal.SIGKILL)
        harness.wait(30)
        _until(lambda: _has_ended(int(pid_file.read_text())), "the program outlived the harness")
    finally:
        harness.kill()


def _has_ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _until(condition, complaint):
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(complaint)
        time.sleep(0.05)
