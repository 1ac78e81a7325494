"""Any program as a method: it gets the incomplete table as files, and writes completed ones."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from mirimpute.errors import ImputationError, NotInstalledError, UserError
from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.methods.parameters import Count
from mirimpute.types import Progress, no_progress

PROGRAMS = Path(__file__).parent / "programs"
NOT_INSTALLED = 69
"""Exit code by which a program says that a package is absent (``EX_UNAVAILABLE``); its last line says how to get it."""

THREAD_VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
    "LOKY_MAX_CPU_COUNT",
)

_POLL_S = 0.05
_FILES_BYTES = 256 << 20
_FILES_FACTOR = 20
"""A program may write so many bytes, or so many times what it was asked for, whichever is more."""
_TAIL_BYTES = 4096
_LAST_LINES = 3
_MOST_OF_PROGRAM = 1 << 20


def rivals() -> Path:
    """Return the folder of the rivals' own environment: MIRIMPUTE_RIVALS, else ``.venv-rivals`` beside the project."""
    beside = Path(__file__).parents[3] / ".venv-rivals"
    return Path(os.environ.get("MIRIMPUTE_RIVALS") or (beside if beside.is_dir() else ".venv-rivals")).absolute()


@dataclass
class Command(Method):
    """A program in a process of its own, in any language, over files: ``docs/foreign.md`` describes them.

    No shell reads the command: it is split into words as a shell would, and the folder of the files is added as the
    last one. ``{programs}`` is the folder of this package's own programs, ``{python}`` the interpreter of the rivals'
    environment (:func:`rivals`). The time limit counts start-up, reading and writing too; ``fit_s`` is what the
    program reports of itself, where it does.

    Attributes:
        command: such as ``Rscript my.R``.
        draws: completed tables that the program is asked for; their mean is the point. A program without draws may
            report so, and write one.
        column_means: whether the program is mean imputation itself, which is a failure of any other.
    """

    libraries: ClassVar[tuple[str, ...]] = ("mirimpute.methods.external.exchange",)

    name: str = "command"
    command: str = ""
    draws: Count = 20
    column_means: bool = False

    @property
    def returns_column_means(self) -> bool:  # type: ignore[override]  # one class stands for many methods
        """Whether it is mean imputation itself."""
        return self.column_means

    @property
    def version(self) -> int:  # type: ignore[override]
        """From the SHA-256 of the files that the command names, such as a script: an edited one is another method."""
        digest = hashlib.sha256()
        try:
            words = self.words()
        except UserError:
            return 0
        for file in map(Path, words[1:] or words):
            if file.is_file() and file.stat().st_size <= _MOST_OF_PROGRAM:
                digest.update(file.read_bytes())
                shared = PROGRAMS / f"rival{file.suffix}"
                digest.update(shared.read_bytes() if file.parent == PROGRAMS and shared.is_file() else b"")
        return int(digest.hexdigest()[:12], 16)

    def words(self) -> list[str]:
        """Return the words of the command, placeholders filled in.

        Raises:
            UserError: there is none, or a quotation is not closed.
        """
        try:
            words = shlex.split(self.command)
        except ValueError as error:
            raise UserError(f"method.command={self.command!r} cannot be split into words: {error}") from error
        if not words:
            raise UserError('method.command is empty: give a program, such as method.command="Rscript my.R"')
        places = {"{programs}": str(PROGRAMS), "{python}": str(rivals() / "bin" / "python")}
        for place, value in places.items():
            words = [word.replace(place, value) for word in words]
        return words

    def check(self) -> None:
        """Refuse a command that cannot be started.

        Raises:
            UserError: no command.
            NotInstalledError: no such program; says how to get it.
        """
        super().check()
        words = self.words()
        if shutil.which(words[0]) is None:
            raise NotInstalledError(f"method {self.name!r} needs {_how_to_get(self.command, words[0])}")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Run the program.

        Raises:
            ImputationError: it failed, or what it wrote does not complete the table.
            NotInstalledError: it is absent, or a package of it.
        """
        from mirimpute.methods.external.exchange import read_imputation, write_task

        self.check()
        with tempfile.TemporaryDirectory(prefix="mirimpute-") as name:
            folder, threads = Path(name), int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
            write_task(folder, problem, self.draws, threads)
            asked = self.draws * sum(file.stat().st_size for file in folder.iterdir())
            progress(self.name, 0, 1)
            start = time.monotonic()
            self._run(folder, self._environment(problem.device, threads), max(_FILES_BYTES, _FILES_FACTOR * asked))
            imputation = read_imputation(folder, problem, self.draws, time.monotonic() - start)
        progress(self.name, 1, 1)
        return Completed(imputation)

    def _run(self, folder: Path, environment: dict[str, str], most_bytes: int) -> None:
        """Run the program to its end; it shares this process's group, so that whoever ends that ends it, too."""
        words = [*self.words(), str(folder)]
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
            )
        except OSError as error:
            raise UserError(f"method {self.name!r} cannot start {words[0]!r}: {error.strerror or error}") from error
        assert process.stdout is not None
        said = _Tail(process.stdout)
        try:
            while process.poll() is None:
                time.sleep(_POLL_S)
                if (written := _bytes_in(folder)) > most_bytes:
                    raise ImputationError(
                        f"the program was stopped after it had written {written >> 20} MiB: completed tables of this "
                        f"size have no more than {most_bytes >> 20}"
                    )
        finally:
            process.kill()
            process.wait()
        last = said.lines().replace(str(folder), "FOLDER")
        if process.returncode == NOT_INSTALLED:
            raise NotInstalledError(f"method {self.name!r}: {last.splitlines()[-1] if last else 'a package is absent'}")
        if process.returncode < 0:
            raise ImputationError(f"the program was ended by signal {-process.returncode}{_saying(last)}")
        if process.returncode:
            raise ImputationError(f"the program failed with exit code {process.returncode}{_saying(last)}")

    def _environment(self, device: str, threads: int) -> dict[str, str]:
        """Return the program's variables: threads, UTF-8, no GPU unless asked for, and the rivals' R packages."""
        variables = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(threads)), "PYTHONHASHSEED": "0"}
        variables.pop("PYTHONSAFEPATH", None)  # a script of the user's finds what lies beside it
        if "{python}" in self.command:
            variables.pop("PYTHONPATH", None)  # of this interpreter, not of that one
        if "{programs}" in self.command:  # R would run a .Rprofile in the working directory
            variables |= {"R_PROFILE_USER": os.devnull, "R_ENVIRON_USER": os.devnull}
        if device == "cpu":
            variables["CUDA_VISIBLE_DEVICES"] = ""
        if "UTF-8" not in (os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""):
            variables["LC_ALL"] = "C.UTF-8"  # names of columns and categories are not only English
        libraries = [str(rivals() / "R"), os.environ.get("R_LIBS", "")]
        variables["R_LIBS"] = os.pathsep.join(each for each in libraries if each)
        return variables


class _Tail:
    """Passes on what a program prints, and keeps the end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._end = b""
        self._thread = threading.Thread(target=self._pass_on, args=(stream,), daemon=True)
        self._thread.start()

    def lines(self) -> str:
        """Return the last lines, once the stream has ended; a daemon of the program may hold it open for ever."""
        self._thread.join(timeout=1.0)
        lines = [line.strip() for line in self._end.decode(errors="replace").splitlines() if line.strip()]
        return "\n".join(lines[-_LAST_LINES:])

    def _pass_on(self, stream: IO[bytes]) -> None:
        while chunk := os.read(stream.fileno(), 1 << 16):
            sys.stdout.write(chunk.decode(errors="replace"))
            sys.stdout.flush()
            self._end = (self._end + chunk)[-_TAIL_BYTES:]


def _saying(last: str) -> str:
    return f"; its last words: {' / '.join(last.splitlines())[-400:]}" if last else " and said nothing"


def _bytes_in(folder: Path) -> int:
    total = 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.stat(os.path.join(root, name)).st_size
            except OSError:  # gone meanwhile
                continue
    return total


def _how_to_get(command: str, program: str) -> str:
    if "{python}" in command:
        return (
            f"an environment of its own, which is not at {rivals()}: run `make rivals`, or set MIRIMPUTE_RIVALS to it"
        )
    if program == "Rscript":
        return "R: run `make rivals`, or install it (Debian: apt-get install r-base-core r-cran-mice)"
    return f"the program {program!r}, which is not there: install it, or give another method.command"
