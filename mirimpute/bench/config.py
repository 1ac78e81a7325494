"""The configuration of one cell as plain dataclasses. They are the schema of ``conf/``; Hydra is not needed."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from mirimpute import __version__
from mirimpute.amputation.base import Mechanism
from mirimpute.bench.run.limits import can_watch_memory
from mirimpute.datasets.base import Dataset
from mirimpute.errors import UserError, unknown
from mirimpute.methods.base import Method
from mirimpute.methods.device import is_device
from mirimpute.table.scale import SCALERS

RATE_CONVENTIONS = ("overall", "eligible")
_SAME_RATE = 1e-9
RESUME = (False, True, "failed")


@dataclass
class Protocol:
    """How a cell is scaled, hidden and scored, so that one run is comparable with one paper.

    Attributes:
        name: the label in rows.
        scaler: the scale of the scores, a key of :data:`mirimpute.table.scale.SCALERS`. Methods always get columns
            standardised by their observed cells, so that no scale tells them anything of the truth.
        rate_of: what ``missing_rate`` is a fraction of: "overall", all cells, or "eligible", those that may be hidden.
        mechanisms: names of those that it allows (none: all).
        missing_rates: those that it allows (none: all).
        train_fraction: in (0, 1]: the method learns from and completes so much of the rows, and is scored on the rest
            too, which it only completes (``test_*`` fields). 1: it learns from all.
        observed_fraction: replaces the mechanism's own, where it has one.
        metrics: names from :data:`mirimpute.metrics.registry.METRICS`, each computed on point and on one draw.
        shrinkage: lambda in [0, 1] of the shrunk draw, point + lambda (draw - point): 0 is the point, 1 the draw. One
            value for all methods, since between the two lies the trade of error against distribution.
        shrunk_metrics: names of the metrics that are computed on the shrunk draw too.
        draws_metrics: names from :data:`mirimpute.metrics.registry.DRAWS_METRICS`, computed on all draws.
        max_rows_scored: cap on the rows of the metrics that compare all pairs of rows; a fixed subsample, the same
            for every method, whose size is in the row.
        trace_mi: also measure, in each round of the trace, how much the completed rows tell of the pattern; not in
            tables of more than 500,000 cells or 256 columns.
    """

    name: str = "default"
    scaler: str = "observed"
    rate_of: str = "overall"
    mechanisms: list[str] = field(default_factory=list)
    missing_rates: list[float] = field(default_factory=list)
    train_fraction: float = 1.0
    observed_fraction: float | None = None
    metrics: list[str] = field(
        default_factory=lambda: [
            "rmse",
            "mae",
            "w2",
            "w2sq_half",
            "w1_marginal_sum",
            "w1_marginal_scored",
            "sliced_w2",
            "mmd2",
            "energy",
            "mmd2_v",
            "energy_v",
            "mask_auc",
            "mi_bits",
            "mi_bits_se",
        ]
    )
    shrinkage: float = 0.5
    shrunk_metrics: list[str] = field(default_factory=lambda: ["rmse", "w2", "energy"])
    draws_metrics: list[str] = field(
        default_factory=lambda: ["crps", "coverage_90", "coverage_error_90", "interval_width"]
    )
    max_rows_scored: int = 2000
    trace_mi: bool = True

    @property
    def needs_target(self) -> bool:
        """Whether a metric predicts the dataset's target."""
        from mirimpute.metrics.registry import metric

        return any(metric(name).needs_target for name in (*self.metrics, *self.shrunk_metrics))


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
    def label(self) -> str:
        """The cell in words, for people."""
        case = f"{self.dataset.name} {self.mechanism.name} {self.missing_rate:g}"
        return f"{case} {self.method.name} seed {self.seed}"

    def check(self) -> None:
        """Refuse values that no data is needed to refuse.

        Raises:
            UserError: with the value, the reason and the fix.
        """
        if not (math.isfinite(self.missing_rate) and 0 < self.missing_rate < 1):
            raise UserError(f"missing_rate={self.missing_rate} is outside (0, 1): give a fraction such as 0.3")
        if self.seed < 0:
            raise UserError(f"seed={self.seed} is negative: give 0 or more")
        if self.timeout_s is not None and not self.timeout_s > 0:
            raise UserError(f"timeout_s={self.timeout_s} leaves no time: give seconds above 0, or null for no limit")
        if self.memory_mb is not None and not self.memory_mb > 0:
            raise UserError(f"memory_mb={self.memory_mb} leaves no memory: give MiB above 0, or null for no limit")
        if self.memory_mb is not None and not can_watch_memory():
            raise UserError(f"memory_mb={self.memory_mb} cannot be kept: this system has no /proc; give null")
        if self.threads is not None and self.threads < 1:
            raise UserError(f"threads={self.threads} cannot compute: give 1 or more, or null for all cores")
        if self.protocol.rate_of not in RATE_CONVENTIONS:
            raise UserError(
                f"protocol.rate_of={self.protocol.rate_of!r} is unknown: give {' or '.join(RATE_CONVENTIONS)}"
            )
        if self.protocol.scaler not in SCALERS:
            raise unknown("protocol.scaler", self.protocol.scaler, SCALERS)
        if self.resume not in RESUME:
            raise UserError(f"resume={self.resume!r} is unknown: give true, false or failed")
        if not is_device(self.device):
            raise UserError(f"device={self.device!r} is unknown: give cpu, cuda or cuda:N")
        self._check_protocol()
        self.mechanism.check()
        self.method.check()

    def _check_protocol(self) -> None:
        from mirimpute.metrics.registry import draws_metric, metric

        mechanisms, rates = self.protocol.mechanisms, self.protocol.missing_rates
        if mechanisms and self.mechanism.name not in mechanisms:
            raise UserError(
                f"protocol={self.protocol.name} has no mechanism {self.mechanism.name!r}: give one of "
                f"{', '.join(mechanisms)}, or protocol=default"
            )
        if rates and not any(abs(rate - self.missing_rate) < _SAME_RATE for rate in rates):
            raise UserError(
                f"protocol={self.protocol.name} has no missing_rate={self.missing_rate:g}: give one of "
                f"{', '.join(f'{rate:g}' for rate in rates)}, or protocol=default"
            )
        if not self.protocol.metrics:
            raise UserError("protocol.metrics is empty: name at least one, such as [rmse]")
        for name in (*self.protocol.metrics, *self.protocol.shrunk_metrics):
            metric(name)
        for name in self.protocol.draws_metrics:
            draws_metric(name)
        if not 0 < self.protocol.train_fraction <= 1:
            raise UserError(
                f"protocol.train_fraction={self.protocol.train_fraction} is outside (0, 1]: give 0.7, or 1 for all rows"
            )
        if not 0 <= self.protocol.shrinkage <= 1:
            raise UserError(
                f"protocol.shrinkage={self.protocol.shrinkage} is outside [0, 1]: give a fraction such as 0.5"
            )
        if self.protocol.max_rows_scored < 2:
            raise UserError(
                f"protocol.max_rows_scored={self.protocol.max_rows_scored} compares nothing: give 2 or more"
            )

    def identity(self, data_sha256: str) -> dict[str, Any]:
        """Return what the result depends on: data, package, method's version, configuration; not how it is kept."""
        parts = asdict(self)
        for key in ("results_dir", "resume", "force", "save_tables", "timeout_s", "memory_mb"):
            del parts[key]
        for key in ("kinds", "sep", "decimal", "thousands", "encoding", "comment"):
            if not parts["dataset"].get(key, True):
                del parts["dataset"][key]  # what is not asked for does not make another cell
        for key in ("dataset", "mechanism", "method"):
            parts[key]["class"] = type(getattr(self, key)).__name__
        parts["method"]["version"] = self.method.version
        return {**parts, "data_sha256": data_sha256, "mirimpute": __version__}

    def config_hash(self, data_sha256: str = "") -> str:
        """Return the SHA-256 of :meth:`identity`; the hash of the table is empty when the table could not be read."""
        return _hash(self.identity(data_sha256))

    def method_hash(self) -> str:
        """Return the SHA-256 of the method's class, version and parameters: the same for every cell of one method."""
        kind = {"class": type(self.method).__name__, "version": self.method.version}
        return _hash({**kind, **asdict(self.method)})


def _hash(parts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()
