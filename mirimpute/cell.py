"""Run one cell: dataset, hidden cells, method, scores, row. A cell is a pure function of its configuration."""

from __future__ import annotations

import hashlib
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute import __version__
from mirimpute.amputation.amputate import Amputation, amputate
from mirimpute.config import CellConfig
from mirimpute.datasets.table import Table
from mirimpute.errors import ImputationError
from mirimpute.isolation import Outcome, run_isolated
from mirimpute.methods.sanity import check as check_sanity
from mirimpute.methods.sanity import worse_than_mean
from mirimpute.problem import Imputation, Problem, Progress, no_progress
from mirimpute.results.store import cell_directory, find_row, write_cell
from mirimpute.seeding import generator, integer_seed
from mirimpute.standardise import Scale, observed_scale

if TYPE_CHECKING:
    import pandas as pd

VERSIONED = ("numpy", "pandas", "scipy", "scikit-learn", "torch", "POT", "hyperimpute")


@dataclass(frozen=True)
class CellResult:
    """What became of a cell.

    Attributes:
        row: the result row.
        directory: where it was written.
        resumed: True when the row was there already and nothing was computed.
    """

    row: dict[str, Any]
    directory: Path
    resumed: bool


def run_cell(
    config: CellConfig, data_dir: Path, *, config_yaml: str = "", progress: Progress = no_progress
) -> CellResult:
    """Run one cell and write its row, except that a failure never replaces an ok row of the same cell.

    Args:
        config: what to run.
        data_dir: the folder of downloaded data.
        config_yaml: the resolved configuration, kept beside the row.
        progress: called with what the method reports.

    Raises:
        UserError: nothing could be computed, because of the configuration or the data. A method that fails does not
            raise: its row says so.
    """
    config.check()
    table = config.dataset.load(data_dir)
    identity = row_identity(config, table.sha256)
    if config.resume:
        done = _done(config, identity)
        if done is not None:
            return done
    hidden = amputate(
        table.values,
        config.mechanism,
        config.missing_rate,
        config.protocol.rate_of,
        generator(config.seed, "missing cells", config.dataset.name, config.mechanism.name),
    )
    x_original = np.where(hidden.scored, np.nan, table.values)
    scale = observed_scale(x_original)
    problem = Problem(
        x_incomplete=scale.standardise(x_original),
        columns=table.columns,
        seed=integer_seed(config.seed, "method", config.dataset.name) % 2**31,
        device=config.device,
    )
    outcome = _impute(config, problem, progress)
    facts: dict[str, Any] = {
        **identity,
        **_facts(config, table, hidden, problem),
        "status": outcome.status,
        "reason": outcome.reason,
    }
    trace: list[dict[str, Any]] = []
    tables = None
    if outcome.imputation is not None and outcome.cost is not None:
        facts.update(vars(outcome.cost))
        x_true = scale.standardise(table.values)
        facts.update(_judge(config, problem, x_true, hidden.scored, outcome.imputation))
        trace = outcome.imputation.trace
        if config.protocol.trace_mi and facts["status"] == "ok":
            trace = _trace(problem, outcome.imputation, x_true, hidden.scored)
        if config.save_tables:
            tables = _tables(table, x_original, scale, problem.missing, outcome.imputation)
    earlier = find_row(Path(config.results_dir), identity) if facts["status"] != "ok" else None
    if earlier is not None and earlier["status"] == "ok":
        facts["reason"] += " (the ok row of an earlier run was kept)"
        return CellResult(facts, cell_directory(Path(config.results_dir), earlier), resumed=False)
    directory = write_cell(
        Path(config.results_dir), facts, config_yaml=config_yaml, trace=trace, log=outcome.log, tables=tables
    )
    return CellResult(facts, directory, resumed=False)


def row_identity(config: CellConfig, data_sha256: str = "") -> dict[str, Any]:
    """Return the fields of a row that say which cell it is."""
    return {
        "dataset": config.dataset.name,
        "mechanism": config.mechanism.name,
        "missing_rate": config.missing_rate,
        "method": config.method.name,
        "method_hash": config.method_hash(),
        "protocol": config.protocol.name,
        "seed": config.seed,
        "device": config.device,
        "config_hash": config.config_hash(data_sha256),
        "versions": versions(),
    }


def _done(config: CellConfig, identity: Mapping[str, Any]) -> CellResult | None:
    """Return the cell if it was computed already, by the same versions and with the tables that are wanted."""
    results_dir = Path(config.results_dir)
    row = find_row(results_dir, identity)
    if row is None or row["status"] != "ok" or row["versions"] != identity["versions"]:
        return None
    directory = cell_directory(results_dir, row)
    if config.save_tables and not (directory / "tables").is_dir():
        return None
    return CellResult(row, directory, resumed=True)


def failed_row(config: CellConfig, reason: str) -> dict[str, Any]:
    """Return the row of a cell that could not even start (no data, an impossible mask)."""
    return {**row_identity(config), "status": "failed", "reason": reason}


def versions() -> str:
    """Return the versions that a result depends on, in one line."""
    found = [f"mirimpute {__version__}", f"python {platform.python_version()}"]
    for name in VERSIONED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return "; ".join(found)


def _impute(config: CellConfig, problem: Problem, progress: Progress) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="mirimpute-") as folder:
        return run_isolated(
            config.method,
            problem,
            log_file=Path(folder) / "log.txt",
            threads=config.threads,
            timeout_s=config.timeout_s,
            progress=progress,
        )


def _facts(config: CellConfig, table: Table, hidden: Amputation, problem: Problem) -> dict[str, Any]:
    by_column = hidden.realised_rate_by_column
    return {
        "n_rows": table.values.shape[0],
        "n_columns": table.values.shape[1],
        "realised_rate": hidden.realised_rate,
        "realised_rate_min_column": float(np.nanmin(by_column)),
        "realised_rate_max_column": float(np.nanmax(by_column)),
        "scored_cells": int(hidden.scored.sum()),
        "data_sha256": table.sha256,
        "mask_sha256": hashlib.sha256(np.packbits(problem.missing).tobytes()).hexdigest(),
    }


def _judge(
    config: CellConfig, problem: Problem, x_true: np.ndarray, scored: np.ndarray, imputation: Imputation
) -> dict[str, Any]:
    """Return the metric fields and what the sanity gate says; a hard fault turns the row into a failure."""
    from mirimpute.metrics.evaluation import evaluate
    from mirimpute.metrics.registry import metric
    from mirimpute.metrics.w2 import TransportError

    try:
        verdict = check_sanity(problem, imputation, returns_column_means=config.method.returns_column_means)
    except ImputationError as fault:
        return {"status": "failed", "reason": str(fault)}
    arguments = {"max_rows": config.protocol.max_rows_scored, "rng_seed": _scored_rows_seed()}
    protocol, draw = config.protocol, imputation.draws[0]
    shrunk = imputation.point + protocol.shrinkage * (draw - imputation.point)
    try:
        point = evaluate(protocol.metrics, x_true, imputation.point, scored, **arguments)
        same = np.array_equal(draw, imputation.point)
        of_draw = point if same else evaluate(protocol.metrics, x_true, draw, scored, **arguments)
        of_shrunk = evaluate(protocol.shrunk_metrics, x_true, shrunk, scored, **arguments)
        own = [name for name in protocol.metrics if metric(name).of_truth]
        truth = evaluate(own, x_true, np.nan_to_num(x_true), scored, **arguments)  # unknown cells are never compared
    except (OverflowError, TransportError) as fault:  # values too far out to be compared
        return {"status": "failed", "reason": f"the completed table cannot be scored: {fault}"}
    fields: dict[str, Any] = {}
    for prefix, scores in (("point", point), ("draw", of_draw), ("shrunk", of_shrunk), ("truth", truth)):
        fields.update(
            {f"{prefix}_{name}": _or_none(scores.undefined, name, value) for name, value in scores.values.items()}
        )
    point_rmse = float(np.sqrt(np.mean((imputation.point[scored] - x_true[scored]) ** 2)))
    mean_rmse = float(np.sqrt(np.mean(x_true[scored] ** 2)))  # the observed mean is 0 in this scale
    notes = [*imputation.notes, *verdict.notes, worse_than_mean(point_rmse, mean_rmse)]
    fields["gate"] = "; ".join(note for note in notes if note)
    fields["w2_rows"] = point.rows
    fields["n_draws"] = len(imputation.draws)
    return fields


def _trace(problem: Problem, imputation: Imputation, x_true: np.ndarray, scored: np.ndarray) -> list[dict[str, Any]]:
    from mirimpute.tracing import trace_with_information

    return trace_with_information(problem, imputation, x_true, scored, _scored_rows_seed())


def _scored_rows_seed() -> int:
    return integer_seed(0, "scored rows")


def _or_none(undefined: Mapping[str, str], name: str, value: float) -> float | None:
    return None if name in undefined else value


def _tables(
    table: Table, x_original: np.ndarray, scale: Scale, missing: np.ndarray, imputation: Imputation
) -> dict[str, pd.DataFrame]:
    """Return the tables in original units, in which observed cells are the source's own bits."""
    import pandas as pd

    def in_units(x: np.ndarray) -> np.ndarray:
        return np.where(missing, scale.restore(x), table.values)

    names = [column.name for column in table.columns]
    arrays = {
        "truth": table.values,
        "incomplete": x_original,
        "point": in_units(imputation.point),
        "draw": in_units(imputation.draws[0]),
    }
    return {name: pd.DataFrame(values, columns=names) for name, values in arrays.items()}
