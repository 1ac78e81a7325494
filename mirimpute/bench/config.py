"""The configuration of one cell as plain dataclasses. They are the schema of ``conf/``; Hydra is not needed."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any

from mirimpute import __version__
from mirimpute.amputation.amputate import check_missing_rate
from mirimpute.amputation.base import Mechanism
from mirimpute.bench.protocol import Protocol
from mirimpute.bench.run.limits import can_watch_memory
from mirimpute.datasets.base import Dataset
from mirimpute.errors import UserError
from mirimpute.methods.base import Method
from mirimpute.methods.device import is_device

SCORING_VERSION = 2
"""Raised when cells are scored otherwise than before, so that older ones are computed again."""

RESUME = (False, True, "failed")

HOW_IT_RUNS = ("results_dir", "resume", "force", "save_tables", "timeout_s", "memory_mb")
"""Keys that no result depends on: they say how a cell is run and kept."""

_MOST_BITS = 63


@dataclass
class CellConfig:
    """Everything that a cell depends on, and how to run it.

    Attributes:
        dataset: where the table comes from.
        mechanism: which cells go missing.
        method: who fills them.
        protocol: scaling, rate convention, metrics.
        missing_rate: target fraction of missing cells, in (0, 1).
        seed: of the mask and of the method (two independent streams).
        device: torch device, "cpu", "cuda" or "cuda:N".
        threads: computing threads of the imputation (null: all cores).
        timeout_s: seconds after which the imputation is stopped and recorded as a timeout (null: never).
        memory_mb: MiB that the imputation may hold beyond its libraries before it is stopped and recorded as oom
            (null: any).
        results_dir: the folder that rows are written to.
        resume: true skips a cell that has a row already, whatever became of it; "failed" skips only those that are ok.
        force: compute the cell again whatever ``resume`` says, and whoever has just computed it.
        save_tables: also write truth, incomplete, point and draw as Parquet.
    """

    dataset: Dataset
    mechanism: Mechanism
    method: Method
    protocol: Protocol
    missing_rate: float = 0.3
    seed: int = 0
    device: str = "cpu"
    threads: int | None = None
    timeout_s: float | None = None
    memory_mb: float | None = None
    results_dir: str = "results"
    resume: bool | str = False
    force: bool = False
    save_tables: bool = False

    def __post_init__(self) -> None:
        fraction = self.protocol.observed_fraction
        if fraction is not None and hasattr(self.mechanism, "observed_fraction"):
            changed: dict[str, Any] = {"observed_fraction": fraction}
            self.mechanism = replace(self.mechanism, **changed)

    @property
    def case(self) -> str:
        """What the cell hides of which table, for people."""
        return f"{self.dataset.name} {self.mechanism.name} {self.missing_rate:g}"

    @property
    def label(self) -> str:
        """The cell in words, for people."""
        return f"{self.case} {self.method.name} seed {self.seed}"

    def check(self) -> None:
        """Refuse values that no data is needed to refuse.

        Raises:
            UserError: with the value, the reason and the fix.
        """
        self.check_hiding()
        self.check_running()
        _checked_by_itself(self.method, "method")

    def check_running(self) -> None:
        """Refuse what :meth:`check` refuses of the seed, the limits and the label; errors as there."""
        if self.seed < 0:
            raise UserError(f"seed={self.seed} is negative: give 0 or more")
        if not self.method.name.strip():
            raise UserError(f"method.name={self.method.name!r} labels nothing: give a name, such as mirf_3")
        if self.timeout_s is not None and not self.timeout_s > 0:
            raise UserError(f"timeout_s={self.timeout_s} leaves no time: give seconds above 0, or null for no limit")
        if self.memory_mb is not None and not self.memory_mb > 0:
            raise UserError(f"memory_mb={self.memory_mb} leaves no memory: give MiB above 0, or null for no limit")
        if self.memory_mb is not None and not can_watch_memory():
            raise UserError(f"memory_mb={self.memory_mb} cannot be kept: this system has no /proc; give null")
        if self.threads is not None and self.threads < 1:
            raise UserError(f"threads={self.threads} cannot compute: give 1 or more, or null for all cores")
        if self.resume not in RESUME:
            raise UserError(f"resume={self.resume!r} is unknown: give true, false or failed")
        if not is_device(self.device):
            raise UserError(f"device={self.device!r} is unknown: give cpu, cuda or cuda:N")

    def check_hiding(self) -> None:
        """Refuse what :meth:`check` refuses of protocol, rate and mechanism; errors as there."""
        check_numbers(self)
        check_missing_rate(self.missing_rate)
        _checked_by_itself(self.dataset, "dataset")
        self.protocol.check(self.mechanism.name, self.missing_rate)
        _checked_by_itself(self.mechanism, "mechanism")

    def identity(self, data_sha256: str) -> dict[str, Any]:
        """Return what the result depends on: data, package, method's version, configuration; not how it is kept."""
        parts = asdict(self)
        for key in HOW_IT_RUNS:
            del parts[key]
        for key in ("kinds", "sep", "decimal", "thousands", "encoding", "comment"):
            if not parts["dataset"].get(key, True):
                del parts["dataset"][key]  # what is not asked for does not make another cell
        parts["mechanism"] = self.mechanism.identity()
        for key in ("dataset", "method"):
            parts[key]["class"] = type(getattr(self, key)).__name__
        parts["method"]["version"] = self.method.version
        for key in ("dataset", "mechanism", "method"):
            if code := _own_code(getattr(self, key)):
                parts[key]["code"] = code
        return {**parts, "data_sha256": data_sha256, "mirimpute": __version__, "scoring": SCORING_VERSION}

    def config_hash(self, data_sha256: str = "") -> str:
        """Return the SHA-256 of :meth:`identity`; the hash of the table is empty when the table could not be read."""
        return _hash(self.identity(data_sha256))

    def method_hash(self) -> str:
        """Return the SHA-256 of the method's class, version and parameters: the same for every cell of one method."""
        return hash_of_method(self.method)


def check_numbers(part: Any, of: str = "") -> None:
    """Refuse numbers that no result can depend on: NaN, infinities, integers beyond 64 bits.

    Args:
        part: a dataclass, or what is in one.
        of: what the user types for it.

    Raises:
        UserError: the value, the reason and the fix.
    """
    if is_dataclass(part):
        part = vars(part)
    if isinstance(part, dict):
        for name, value in part.items():
            check_numbers(value, f"{of}.{name}" if of else str(name))
    elif isinstance(part, (list, tuple)):
        for place, value in enumerate(part):
            check_numbers(value, f"{of}[{place}]")
    elif isinstance(part, float) and not math.isfinite(part):
        raise UserError(f"{of}={part} is no finite number: give one")
    elif isinstance(part, int) and part.bit_length() > _MOST_BITS:
        raise UserError(f"{of} is an integer of {part.bit_length()} bits: give at most {2**_MOST_BITS - 1}")


def _checked_by_itself(part: Dataset | Mechanism | Method, group: str) -> None:
    """Call the part's own check; raise UserError where it raises anything."""
    try:
        part.check()
    except UserError:
        raise
    except Exception as error:  # of a part from outside the package
        raise UserError(
            f"{group}={part.name} cannot check its parameters ({type(error).__name__}: {error}): mend its check()"
        ) from error


def hash_of_method(method: Method) -> str:
    """Return the SHA-256 of a method's class, version and parameters, and of its file where it is not the package's."""
    code = _own_code(method)
    parts = {"class": type(method).__name__, "version": method.version, **asdict(method)}
    return _hash({**parts, "code": code} if code else parts)


def _own_code(part: object) -> str:
    """Return the SHA-256 of the file that holds the class of a part from outside of the package; "" for one of it."""
    module = type(part).__module__
    file = getattr(sys.modules.get(module), "__file__", None)
    if module.partition(".")[0] == "mirimpute" or file is None or not Path(file).is_file():
        return ""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _hash(parts: dict[str, Any]) -> str:
    """Return the SHA-256 of plain values; those that :func:`check_numbers` refuses have one too, for a failed row."""
    return hashlib.sha256(json.dumps(_hashable(parts), sort_keys=True).encode()).hexdigest()


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _hashable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hashable(each) for each in value]
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return hex(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)
