"""A protocol: how a cell is scaled, hidden and scored, so that its row can be laid beside one paper."""

from __future__ import annotations

from dataclasses import dataclass, field

from mirimpute.errors import UserError, unknown
from mirimpute.table.scale import SCALERS

RATE_CONVENTIONS = ("overall", "eligible")
_SAME_RATE = 1e-9


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
        metrics: names from :data:`mirimpute.metrics.registry.METRICS`, computed on the point, and on each of
            five draws: ``draw_*`` is their mean, ``draw_*_se`` its standard error. Costly ones take one draw.
        shrinkage: lambda in [0, 1] of the shrunk draw, point + lambda (draw - point): 0 is the point, 1 the draw. One
            value for all methods, since between the two lies the trade of error against distribution.
        shrunk_metrics: names of the metrics that are computed on the shrunk draw too.
        draws_metrics: names from :data:`mirimpute.metrics.registry.DRAWS_METRICS`, computed on all draws.
        iscore_columns: columns on which the energy-I-score judges, which needs no truth
            (:mod:`mirimpute.bench.iscore`); each costs one more fit of the method, on some of the columns (0: none).
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
            "mask_auc_boosted",
            "mi_bits_boosted",
        ]
    )
    shrinkage: float = 0.5
    shrunk_metrics: list[str] = field(default_factory=lambda: ["rmse", "w2", "energy"])
    draws_metrics: list[str] = field(
        default_factory=lambda: ["crps", "coverage_90", "coverage_error_90", "interval_width"]
    )
    iscore_columns: int = 0
    max_rows_scored: int = 2000
    trace_mi: bool = True

    @property
    def needs_target(self) -> bool:
        """Whether a metric predicts the dataset's target."""
        from mirimpute.metrics.registry import metric

        return any(metric(name).needs_target for name in (*self.metrics, *self.shrunk_metrics))

    def check(self, mechanism: str, missing_rate: float) -> None:
        """Refuse values without a meaning, and a mechanism or a rate that the protocol does not have.

        Raises:
            UserError: with the value, the reason and the fix.
        """
        from mirimpute.metrics.registry import draws_metric, metric

        if self.rate_of not in RATE_CONVENTIONS:
            raise UserError(f"protocol.rate_of={self.rate_of!r} is unknown: give {' or '.join(RATE_CONVENTIONS)}")
        if self.scaler not in SCALERS:
            raise unknown("protocol.scaler", self.scaler, SCALERS)
        mechanisms, rates = self.mechanisms, self.missing_rates
        if mechanisms and mechanism not in mechanisms:
            raise UserError(
                f"protocol={self.name} has no mechanism {mechanism!r}: give one of "
                f"{', '.join(mechanisms)}, or protocol=default"
            )
        if rates and not any(abs(rate - missing_rate) < _SAME_RATE for rate in rates):
            raise UserError(
                f"protocol={self.name} has no missing_rate={missing_rate:g}: give one of "
                f"{', '.join(f'{rate:g}' for rate in rates)}, or protocol=default"
            )
        if not self.metrics:
            raise UserError("protocol.metrics is empty: name at least one, such as [rmse]")
        for name in (*self.metrics, *self.shrunk_metrics):
            metric(name)
        for name in self.draws_metrics:
            draws_metric(name)
        if not 0 < self.train_fraction <= 1:
            raise UserError(
                f"protocol.train_fraction={self.train_fraction} is outside (0, 1]: give 0.7, or 1 for all rows"
            )
        if self.observed_fraction is not None and not 0 < self.observed_fraction < 1:
            raise UserError(
                f"protocol.observed_fraction={self.observed_fraction} is outside (0, 1): give 0.3, or null for the "
                "mechanism's own"
            )
        if not 0 <= self.shrinkage <= 1:
            raise UserError(f"protocol.shrinkage={self.shrinkage} is outside [0, 1]: give a fraction such as 0.5")
        if self.iscore_columns < 0:
            raise UserError(f"protocol.iscore_columns={self.iscore_columns} is negative: give 0 for none, or a few")
        if self.max_rows_scored < 2:
            raise UserError(f"protocol.max_rows_scored={self.max_rows_scored} compares nothing: give 2 or more")
