"""A claim on a cell, so that only one process computes it. A claim of a dead process is taken over.

A claim is the file ``<results_dir>/claims/<config_hash>.json``, which names its holder; it is written under another
name and then linked, which fails where the claim is there. While the holder lives, it touches the file every
``heartbeat_s`` seconds. A claim is stale, and may be taken over,

- when its holder was a process of this very system (host, boot and process namespace agree) that no longer exists;
  process numbers are used again, so the start of the process counts too;
- else, when the observer has watched the file for ``stale_s`` seconds of its own monotonic clock without seeing the
  file change.

No two clocks are ever compared, so a clock that jumps changes nothing. Of several that want to take a stale claim
over, a file lock lets one. A holder that was suspended for longer than ``stale_s`` on another host may find its cell
computed twice: both write the same row, and either is whole.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from mirimpute.bench.results import disk
from mirimpute.bench.results.layout import CLAIMS
from mirimpute.errors import StoreError

HEARTBEAT_S = 10.0
STALE_S = 60.0

_MAX_BYTES = 1 << 16


class ClaimedError(Exception):
    """Another process is computing the cell.

    Attributes:
        who: the process, in words.
    """

    def __init__(self, path: Path, holder: Holder | None) -> None:
        self.who = "another process" if holder is None else f"process {holder.pid} on {holder.host}"
        super().__init__(f"{self.who} computes {'the cell' if holder is None else holder.label}, see '{path}'")


@dataclass(frozen=True)
class Holder:
    """Who holds a claim, on which cell.

    Attributes:
        host, boot, namespace: the system; only within the same one does a process number mean anything.
        pid, started: the process, and when it started in ticks since the boot ("" where the system does not say).
        token: of this claim alone.
        label: the cell in words.
    """

    host: str
    boot: str
    namespace: str
    pid: int
    started: str
    token: str
    label: str

    @property
    def alive(self) -> bool | None:
        """Whether the process exists; None when that cannot be told from here."""
        here = _system()
        if "" in here or (self.host, self.boot, self.namespace) != here:
            return None
        state, started = _process(self.pid)
        return started == self.started and state not in "ZX"


class Claims:
    """The claims of a results folder, as one process sees and takes them."""

    def __init__(self, results_dir: Path, heartbeat_s: float = HEARTBEAT_S, stale_s: float = STALE_S) -> None:
        self._folder = Path(results_dir) / CLAIMS
        self._heartbeat_s = heartbeat_s
        self._stale_s = stale_s
        self._watched: dict[Path, tuple[tuple[int, int, int], float]] = {}

    @contextlib.contextmanager
    def held(self, name: str, label: str) -> Iterator[None]:
        """Hold the claim ``name`` (a configuration hash) for the time of the block.

        Raises:
            ClaimedError: a process that lives holds it.
            StoreError: the folder cannot be written.
        """
        path = self._folder / f"{name}.json"
        mine = this_process(label)
        done = threading.Event()
        try:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._take(path, mine)
            except OSError as error:
                raise StoreError(
                    f"cannot claim a cell in '{self._folder}' ({error.strerror or error}): "
                    "free some space, change the permissions, or choose another results_dir"
                ) from error
            threading.Thread(target=self._beat, args=(path, mine.token, done), daemon=True).start()
            yield
        finally:
            done.set()
            if _read(path) == mine:
                path.unlink(missing_ok=True)

    def _take(self, path: Path, mine: Holder) -> None:
        text = json.dumps(asdict(mine))
        while True:
            try:
                _create(path, text)
            except FileExistsError:
                try:
                    if not self._is_stale(path) or not self._take_over(path, text):
                        raise ClaimedError(path, _read(path))
                except FileNotFoundError:
                    continue  # it has just been given back
            return

    def _is_stale(self, path: Path) -> bool:
        found = path.stat()
        holder = _read(path)
        alive = None if holder is None else holder.alive
        if alive is not None:
            return not alive
        stamp, now = (found.st_ino, found.st_mtime_ns, found.st_size), time.monotonic()
        seen, since = self._watched.setdefault(path, (stamp, now))
        if seen != stamp:
            self._watched[path] = (stamp, now)
            return False
        return now - since >= self._stale_s

    def _take_over(self, path: Path, text: str) -> bool:
        """Replace a stale claim; False if another observer was faster."""
        with _locked(self._folder):
            if not self._is_stale(path):
                return False
            os.replace(_written_beside(path, text), path)
        self._watched.pop(path, None)
        return True

    def clean(self) -> int:
        """Remove the claims of processes that are known to have ended, and return how many they were."""
        count = 0
        for path in _files(self._folder, ".*.json.*"):  # of who was killed while claiming
            if (holder := _read(path)) is not None and holder.alive is False:
                path.unlink(missing_ok=True)
                count += 1
        for path in _files(self._folder, "*.json"):
            with _locked(self._folder):
                if (holder := _read(path)) is not None and holder.alive is False:
                    path.unlink(missing_ok=True)
                    count += 1
        return count

    def _beat(self, path: Path, token: str, done: threading.Event) -> None:
        while not done.wait(self._heartbeat_s):
            holder = _read(path)
            if holder is None or holder.token != token:
                return  # taken over while this process was suspended
            with contextlib.suppress(OSError):
                os.utime(path)


def alive_hashes(results_dir: Path) -> set[str]:
    """Return the names of the claims whose holder lives, as far as can be told from here."""
    paths = _files(Path(results_dir) / CLAIMS, "*.json")
    return {path.stem for path in paths if (holder := _read(path)) is None or holder.alive is not False}


def running(results_dir: Path) -> list[str]:
    """Return the labels of the cells that are claimed by processes that live, as far as can be told from here."""
    holders = [_read(path) for path in _files(Path(results_dir) / CLAIMS, "*.json")]
    return sorted(holder.label for holder in holders if holder is not None and holder.alive is not False)


def this_process(label: str) -> Holder:
    """Return who this process is."""
    return Holder(*_system(), os.getpid(), _process(os.getpid())[1], secrets.token_hex(8), label)


def holder_of(path: Path) -> Holder | None:
    """Return the holder that a file names, None if it names none."""
    return _read(path)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time into the block; the system gives the lock back when it ends.

    Raises:
        OSError: there is a link in the place of the lock, or the system refuses.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    lock = os.open(folder / ".lock", flags, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.name.startswith(".") == pattern.startswith("."))


def _create(path: Path, text: str) -> None:
    """Make the file with its text at once, so that whoever is killed here leaves no claim without a holder.

    Raises:
        FileExistsError: it is there.
    """
    own = _written_beside(path, text)
    try:
        os.link(own, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):  # a file system without links
            raise
        with path.open("x") as file:
            file.write(text)
    finally:
        own.unlink(missing_ok=True)


def _written_beside(path: Path, text: str) -> Path:
    own = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    with own.open("x") as file:
        file.write(text)
    return own


def _read(path: Path) -> Holder | None:
    """Return the holder that the file names, None if it names none (it is being written, or damaged)."""
    try:
        with disk.open_regular(path) as file:
            found = json.loads(file.read(_MAX_BYTES))
        holder = Holder(**found)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    texts = (holder.host, holder.boot, holder.namespace, holder.started, holder.token, holder.label)
    sound = isinstance(holder.pid, int) and holder.pid > 0 and all(isinstance(text, str) for text in texts)
    return holder if sound else None


def _system() -> tuple[str, str, str]:
    """Return host, boot and process namespace; "" where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        boot = namespace = ""
    return socket.gethostname(), boot, namespace


def _process(pid: int) -> tuple[str, str]:
    """Return state and start of a process of this system, ("X", "") when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "X", ""
    return fields[0], fields[19]
