"""Sweeps whose processes are killed at random until they are done; what is wrong afterwards is counted."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from mirimpute.bench.results.claims import running
from mirimpute.bench.results.row import COST_FIELDS
from mirimpute.bench.results.store import clean, read_rows
from tests.bench.sweeps.commands import GRID, start

MARK = "MIRIMPUTE_BLOWS"
"""A variable of the environment by which the processes of a sweep are found, also those that were orphaned."""

COUNT = int(os.environ.get("MIRIMPUTE_FAULTS", "4"))
"""Blows of each launcher."""

CELLS = (*GRID, f"seed=range({max(20, min(COUNT, 150))})")
"""A sweep that takes some of them."""

FAULTS = ("lost", "doubled", "torn", "different", "endless", "left behind")

_PARTS = (  # of a command line, and what the process is then
    ("resource_tracker", "resource tracker"),
    ("sweeps.preload", "worker or its fork server"),
    ("bench.run.child", "method, keeper or their fork server"),
    ("work_for", "worker"),
    ("slurm_script", "script of a job"),
    ("multiprocessing.spawn", "helper of Dask"),
    ("submitit", "job of SLURM"),
)
_STOP_S = 60.0
_END_S = 900.0
_ENDS = 6


def struck(
    launcher: Sequence[str],
    expected: Mapping[Any, Any],
    at_once: int = 1,
    settled: Callable[[], object] = lambda: None,
) -> dict[str, int]:
    """Strike sweeps that run at once on one folder, round after round, each in a folder of its own until it is done.

    Args:
        launcher: its options.
        expected: the rows of ``CELLS`` that nobody disturbed.
        at_once: how many sweeps.
        settled: waits until nothing that was started works any longer.

    Returns:
        How often each of ``FAULTS`` was found; what was struck is printed.
    """
    dice = random.Random(0)
    done: Counter[str] = Counter()
    found: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))
    while done.total() < COUNT:
        with TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as folder:  # short: sockets have room below it
            place = Path(folder)
            (place / "tmp").mkdir()
            command = ("-m", *CELLS, *launcher, f"results_dir={place / 'results'}", "resume=failed")
            found.update(_round([command] * at_once, place, dice, done), rounds=1)
            found.update(_judged(command, place, expected, settled))
        print(f"\n{done.total()} blows: {dict(sorted(done.items()))}\nfound: {dict(found)}", flush=True)
    return {fault: found[fault] for fault in FAULTS}


def _round(commands: Sequence[Sequence[str]], place: Path, dice: random.Random, done: Counter[str]) -> Counter[str]:
    """Start the sweeps again and again, and strike, until one of them has ended well or there were enough blows."""
    found: Counter[str] = Counter()
    code = 1
    while done.total() < COUNT and code != 0:
        processes = [_started(command, place) for command in commands]
        found["starts"] += len(processes)
        deadline, early = time.monotonic() + _END_S, dice.random() < 0.15
        while done.total() < COUNT and any(each.poll() is None for each in processes):
            begun = bool(running(place / "results"))
            time.sleep(dice.uniform(0, 1) if begun else 0.2)
            alive = [each for each in processes if each.poll() is None]
            if alive and (begun or (early and dice.random() < 0.1)):
                early = False
                found["endless"] += _strike(dice.choice(alive), place, dice, done)
                print(".", end="", flush=True)
            if time.monotonic() > deadline:
                found["endless"] += 1
                break
        if done.total() >= COUNT or time.monotonic() > deadline:
            _kill(processes)
        code = 0 if any(each.wait() == 0 for each in processes) else 1
    return found


def _started(command: Sequence[str], place: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "HYDRA_FULL_ERROR": "", MARK: str(place), "TMPDIR": str(place / "tmp")}
    with (place / "log.txt").open("a") as log:
        return start(*command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)


def _kill(processes: Sequence[subprocess.Popen[str]]) -> None:
    for each in processes:
        if each.poll() is None:
            each.kill()
        each.wait()


def _strike(parent: subprocess.Popen[str], place: Path, dice: random.Random, done: Counter[str]) -> int:
    """Send a signal to the parent or another process and count it; return 1 if the parent does not end by it."""
    others = [each for each in _family(place) if each.pid != parent.pid]
    deadly = dice.random() < 0.7
    at_parent = not others or dice.random() < (0.1 if deadly else 0.3)
    victim = psutil.Process(parent.pid) if at_parent else dice.choice(others)
    name = "KILL" if deadly else dice.choice(("TERM", "HUP", "INT", "INT twice", "INT to its group"))
    number = getattr(signal, f"SIG{name.split()[0]}")
    try:
        who = "parent" if at_parent else _kind(victim)
        if "group" in name and at_parent:
            os.killpg(victim.pid, number)  # as a terminal does
        else:
            victim.send_signal(number)
        if "twice" in name:
            time.sleep(0.2)
            victim.send_signal(number)
    except (psutil.Error, ProcessLookupError):  # it ended between the look and the blow
        return 0
    done[f"{name}: {who}"] += 1
    if not at_parent:
        return 0
    try:
        parent.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        parent.kill()
        return 1
    return 0


def _family(place: Path) -> list[psutil.Process]:
    """Return the processes that live and have the mark."""
    found = []
    for each in psutil.process_iter():
        try:
            if each.status() != psutil.STATUS_ZOMBIE and each.environ().get(MARK) == str(place):
                found.append(each)
        except psutil.Error:  # it has just ended
            continue
    return found


def _kind(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    return next((kind for part, kind in _PARTS if part in line), "another")


def _judged(
    command: Sequence[str], place: Path, expected: Mapping[Any, Any], settled: Callable[[], object]
) -> Counter[str]:
    """Let the sweep end, and count what is wrong."""
    found: Counter[str] = Counter()
    for _ in range(_ENDS):  # a method that was killed is a failed row, which resume=failed tries again
        process = _started(command, place)
        try:
            if process.wait(_END_S) == 0:
                break
        except subprocess.TimeoutExpired:
            found["endless"] += 1
            _kill([process])
    settled()
    with warnings.catch_warnings(record=True) as damaged:
        warnings.simplefilter("always")
        rows = read_rows(place / "results")
    cells = [(row["method"], row["seed"]) for row in rows]
    got = {cell: {k: v for k, v in row.items() if k not in COST_FIELDS} for cell, row in zip(cells, rows, strict=True)}
    found["rows"] += len(rows)
    found["lost"] += len(expected.keys() - got.keys())
    found["doubled"] += len(rows) - len(got)
    found["torn"] += len(damaged) + len(list((place / "results" / "set-aside").glob("*")))
    found["different"] += sum(row != expected.get(cell) for cell, row in got.items())
    deadline = time.monotonic() + 10
    while (strays := _family(place)) and time.monotonic() < deadline:
        time.sleep(0.2)
    for each in strays:
        each.kill()
    left = [path.name for path in (place / "tmp").iterdir()]
    files = clean(place / "results")
    if strays or left or files:
        print(f"left behind in {place}: processes {strays}, files {left}, {files} in the results folder")
    found["left behind"] += len(strays) + len(left) + files
    return found
