"""The cost of an imputation: wall-clock seconds, processor seconds, memory."""

from __future__ import annotations

import contextlib
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mirimpute.bench.run.answer import described
from mirimpute.errors import ImputationError
from mirimpute.methods.base import Fitted, Imputation, Method, Problem, ProgramReport
from mirimpute.types import Progress

_MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """What the imputation took; loading, hiding, importing libraries and scoring are not in it.

    Of a foreign program ``fit_s`` is what it reports of itself, and the rest counts its interpreter and libraries, too.

    Attributes:
        fit_s, impute_s: wall seconds of the two calls.
        cpu_s: user and system seconds of the child and of its own children.
        peak_rss_mb: highest resident memory of the child during the imputation, less what it held before, in MiB; of a
            foreign program the highest of its processes.
        peak_gpu_mb: highest memory that torch held on the GPU, in MiB (0 without one).
    """

    fit_s: float
    impute_s: float
    cpu_s: float
    peak_rss_mb: float
    peak_gpu_mb: float


def measured(method: Method, problem: Problem, progress: Progress) -> tuple[Fitted, Imputation, Cost]:
    """Fit and impute in this process; return the fitted method, its answer and what both cost.

    Raises:
        ImputationError: what they returned is of another kind.
        Exception: whatever the method raises.
    """
    held = _reset_peak_rss()
    cpu = _cpu_seconds()
    start = time.perf_counter()
    fitted = method.fit(problem, progress)
    middle = time.perf_counter()
    if not isinstance(fitted, Fitted):
        raise ImputationError(
            f"fit returned {described(fitted)}: it must return a Fitted, such as Completed(imputation)"
        )
    imputation = fitted.impute()
    end = time.perf_counter()
    if not isinstance(imputation, Imputation):
        raise ImputationError(f"impute returned {described(imputation)}: it must return an Imputation")
    program = imputation.program if isinstance(imputation.program, ProgramReport) else None
    cost = Cost(
        fit_s=middle - start if program is None else program.seconds,
        impute_s=end - middle,
        cpu_s=_cpu_seconds() - cpu,
        peak_rss_mb=(max(_peak_rss() - held, 0) if program is None else _max_rss(resource.RUSAGE_CHILDREN)) / _MIB,
        peak_gpu_mb=_peak_gpu() / _MIB,
    )
    return fitted, imputation, cost


def _cpu_seconds() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def _status_bytes(key: str) -> int | None:
    """Return a size of /proc/self/status in bytes, None where there is no such file."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _reset_peak_rss() -> int:
    """Forget the peak so far, where the kernel can, and return the bytes held now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    held = _status_bytes("VmRSS")
    return _peak_rss() if held is None else held


def _peak_rss() -> int:
    peak = _status_bytes("VmHWM")
    if peak is not None:
        return peak
    return _max_rss(resource.RUSAGE_SELF)


def _max_rss(who: int) -> int:
    return resource.getrusage(who).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _peak_gpu() -> int:
    torch = sys.modules.get("torch")
    return int(torch.cuda.max_memory_allocated()) if torch is not None and torch.cuda.is_initialized() else 0
