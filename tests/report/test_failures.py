"""What went wrong is told once per reason, and what the sanity gate said with its reason."""

from __future__ import annotations

from pathlib import Path

from mirimpute.report.collect import collect
from mirimpute.report.failures import OF_FIRST, failures, gate_warnings
from mirimpute.report.measures import metric_measure
from mirimpute.report.summary import summarise

from .row_factory import make_row


def test_failures_are_grouped_by_reason_and_warnings_by_text() -> None:
    rows = [make_row("ice", seed=s, status="failed", reason="diverged\n at once") for s in (1, 0)]
    rows += [make_row("ice", seed=2, status="timeout", reason="slow")]
    rows += [make_row("mean", seed=s, gate=f"worse than mean (1.{s}e+3)") for s in (1, 0)]
    collection = collect(rows, Path("r"))
    assert [(f.method, f.status, f.reason, f.cells) for f in failures(collection)] == [
        (
            "ice",
            "failed",
            "diverged at once",
            ("breast_cancer, MCAR 0.3, seed 0", "breast_cancer, MCAR 0.3, seed 1"),
        ),
        ("ice", "timeout", "slow", ("breast_cancer, MCAR 0.3, seed 2",)),
    ]
    assert [(w.method, w.reason, len(w.cells)) for w in gate_warnings(collection)] == [
        ("mean", f"worse than mean (1.0e+3){OF_FIRST}", 2)
    ]
    found = summarise(collection, metric_measure("point_rmse"))
    assert [found.entries[m, found.cases[0]].gated for m in ("mean", "ice")] == [True, False]


def test_a_method_below_the_mean_has_its_reason() -> None:
    said = "worse than mean imputation (RMSE 1.4 against 1)"
    rows = [make_row("hot_deck", gate=said), make_row("mine", gate=said), make_row("ice", gate="few rows")]
    found = {each.method: each.reason for each in gate_warnings(collect(rows, Path("r")))}
    assert found["hot_deck"].startswith(f"{said}: a random value of the column")
    assert found["mine"] == f"{said}: no reason is known"
    assert found["ice"] == "few rows"
