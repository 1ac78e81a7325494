"""Claims: one holder at a time, the dead are replaced at once, and no clock matters."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from mirimpute.bench.results import claims
from mirimpute.bench.results.claims import ClaimedError, Claims, Holder, running
from mirimpute.errors import StoreError

NAME = "ab" * 32


def me(**changes: Any) -> Holder:
    return replace(Holder(*claims._system(), os.getpid(), claims._process(os.getpid())[1], "t", "a cell"), **changes)


def leave(results_dir: Path, content: str) -> Path:
    path = results_dir / "claims" / f"{NAME}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_one_holder_at_a_time_and_nothing_is_left(tmp_path: Path) -> None:
    first, second = Claims(tmp_path), Claims(tmp_path)
    with first.held(NAME, "a cell"):
        assert running(tmp_path) == ["a cell"]
        with pytest.raises(ClaimedError), second.held(NAME, "a cell"):
            pass
    with second.held(NAME, "a cell"):
        pass
    assert list((tmp_path / "claims").glob("*")) == []


def test_an_error_gives_the_claim_back(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Claims(tmp_path).held(NAME, "a cell"):
        raise KeyError
    with Claims(tmp_path).held(NAME, "a cell"):
        pass


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not say which processes live")
def test_the_claim_of_a_killed_process_is_taken_over_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from mirimpute.bench.results.claims import Claims\n"
        f"with Claims(Path(sys.argv[1])).held({NAME!r}, 'x'): print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(ClaimedError), Claims(tmp_path).held(NAME, "y"):
        pass
    other.send_signal(signal.SIGKILL)
    other.wait()
    with Claims(tmp_path).held(NAME, "y"):
        assert running(tmp_path) == ["y"]


def test_a_process_number_that_is_used_again_is_not_the_holder(tmp_path: Path) -> None:
    leave(tmp_path, json.dumps(asdict(me(started="1"))))
    assert running(tmp_path) == []
    with Claims(tmp_path).held(NAME, "y"):
        pass


@pytest.mark.parametrize("jump_s", [-10_000, 0, 10_000])
@pytest.mark.parametrize("content", ["", "{", json.dumps(asdict(me(host="elsewhere")))])
def test_elsewhere_only_silence_counts_and_no_clock(
    tmp_path: Path, content: str, jump_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the stamps say, a claim that changes is alive and one that is still for long enough is not."""
    path = leave(tmp_path, content)
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    observer = Claims(tmp_path, stale_s=60)

    def refused() -> bool:
        try:
            with observer.held(NAME, "y"):
                return False
        except ClaimedError:
            return True

    stamp = time.time()
    for step in range(4):
        os.utime(path, (stamp + step * jump_s + step,) * 2)
        assert refused()
        now[0] += 59
        if step < 3:
            continue
        assert refused()
    now[0] += 1
    assert not refused()


def test_the_holder_keeps_its_claim_alive(tmp_path: Path) -> None:
    with Claims(tmp_path, heartbeat_s=0.02).held(NAME, "a cell"):
        path = tmp_path / "claims" / f"{NAME}.json"
        os.utime(path, (0, 0))
        deadline = time.monotonic() + 10
        while path.stat().st_mtime == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_claim_that_was_taken_over_is_not_given_back(tmp_path: Path) -> None:
    with Claims(tmp_path).held(NAME, "slow"):
        path = leave(tmp_path, json.dumps(asdict(me(token="thief"))))
    assert path.exists()


def _race(results_dir: str, start: Any, won: Any) -> None:
    observer = Claims(Path(results_dir))
    start.wait()
    try:
        with observer.held(NAME, "y"):
            won.release()
            time.sleep(0.5)
    except ClaimedError:
        pass


def test_of_many_that_find_a_stale_claim_one_takes_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        leave(tmp_path, json.dumps(asdict(me(started="1"))))
        start, won = context.Event(), context.Semaphore(0)
        racers = [context.Process(target=_race, args=(str(tmp_path), start, won)) for _ in range(6)]
        for racer in racers:
            racer.start()
        start.set()
        for racer in racers:
            racer.join()
        assert won.get_value() == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "claims").write_text("a file")
    with pytest.raises(StoreError, match="cannot claim"), Claims(tmp_path).held(NAME, "a cell"):
        pass
