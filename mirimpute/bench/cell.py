"""Run one cell: load the table, hide cells, run the method, score it, write the row.

A cell depends on its configuration alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.bench.config import CellConfig
from mirimpute.bench.hide import hide
from mirimpute.bench.identity import row_identity
from mirimpute.bench.iscore import coherent, energy_iscore, tasks_of
from mirimpute.bench.results.claims import Claims
from mirimpute.bench.results.layout import cell_directory
from mirimpute.bench.results.path_redaction import without_paths
from mirimpute.bench.results.store import find_row, recover, row_written_ns, write_cell
from mirimpute.bench.run.isolation import Outcome, run_isolated
from mirimpute.bench.run.scratch import scratch_folder
from mirimpute.bench.scoring import SCORED_ROWS_SEED, Answers, answers_of, judge, judge_columns, judge_new_rows
from mirimpute.bench.tracing import trace_with_information
from mirimpute.datasets.base import Dataset
from mirimpute.errors import ImputationError, UserError
from mirimpute.methods.base import Imputation, Method, Problem, problem_of
from mirimpute.seeding import generator
from mirimpute.table.room import check_room
from mirimpute.table.source_bits import SourceBits
from mirimpute.table.table import Table
from mirimpute.types import Progress, no_progress

if TYPE_CHECKING:
    import pandas as pd


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


def load_table(dataset: Dataset, data_dir: Path) -> Table:
    """Return the table; errors as :meth:`Dataset.load`."""
    return dataset.load(data_dir)


Load = Callable[[Dataset, Path], Table]
"""How a table is read: a sweep reads each only once."""


def run_cell(
    config: CellConfig,
    data_dir: Path,
    *,
    config_yaml: str = "",
    progress: Progress = no_progress,
    claims: Claims | None = None,
    load: Load = load_table,
) -> CellResult:
    """Run one cell and write its row, except that a failure never replaces an ok row of the same cell.

    Args:
        config: what to run.
        data_dir: the folder of downloaded data.
        config_yaml: the resolved configuration, kept beside the row.
        progress: called with what the method reports.
        claims: of the results folder, kept from cell to cell by who runs several (None: a view of its own).
        load: how the table is read.

    Raises:
        ClaimedError: another process is computing this cell; nothing was done.
        UserError: nothing could be computed, because of the configuration or the data. A method that fails does not
            raise: its row says so.
    """
    config.check()
    table = load(config.dataset, data_dir)
    check_draws(config.method, table.values.shape, config.label)
    identity = row_identity(config, table.sha256)
    results_dir = Path(config.results_dir)
    written = row_written_ns(results_dir, identity)
    done = _finished(config, identity)
    if done is not None:
        return done
    claims = Claims(results_dir) if claims is None else claims
    with claims.held(identity["config_hash"], config.label):
        recover(results_dir, identity)
        if row_written_ns(results_dir, identity) != written:  # by who held the claim a moment ago
            done = _finished(replace(config, resume=True), identity)
            if done is not None:
                return done
        return _compute(config, table, identity, data_dir, config_yaml, progress)


def check_draws(method: Method, shape: tuple[int, ...], what: str) -> None:
    """Raise UserError where the draws of the method do not fit into memory; of parts of draws the method says more."""
    asked = max((int(getattr(method, name, 1)) for name in ("draws", "chains")), default=1)
    check_room(
        8.0 * asked * shape[0] * shape[1], f"{what} with {asked:,} draws", "give fewer draws, or a smaller table"
    )


def _compute(
    config: CellConfig,
    table: Table,
    identity: Mapping[str, Any],
    data_dir: Path,
    config_yaml: str,
    progress: Progress,
) -> CellResult:
    """Hide, impute, score and write."""
    hidden = hide(
        table,
        config.dataset.name,
        config.mechanism,
        config.missing_rate,
        config.seed,
        config.protocol.rate_of,
    )
    x_incomplete, scored = hidden.x_incomplete, hidden.amputation.scored
    learnt, new = _split(config, len(x_incomplete))
    problem, encoding, scale = problem_of(x_incomplete[learnt], table.columns, hidden.method_seed, config.device)
    new_rows = None
    if new.size:
        x_new = x_incomplete[new]
        are_wild = encoding.fences.wild(x_new)
        encoded = scale.standardise(encoding.encode(x_new, are_wild))
        new_rows = replace(problem, x_incomplete=encoded, wild=encoding.of_encoded(are_wild), source=None)
    wild = encoding.fences.sentences(x_incomplete, table.columns)
    wild_truth = np.where(scored, table.values, np.nan)
    wild += encoding.fences.sentences(wild_truth, table.columns, said="scored as it is, so it rules the errors")
    outcome = _impute(config, problem, None if new_rows is None else new_rows.x_incomplete, progress)
    facts: dict[str, Any] = {
        **identity,
        **hidden.facts(table),
        "status": outcome.status,
        "reason": outcome.reason,
    }
    trace: list[dict[str, Any]] = []
    columns: list[dict[str, Any]] = []
    tables = None
    imputation = outcome.imputation
    if imputation is not None and outcome.cost is not None:
        facts.update(vars(outcome.cost))
        if imputation.program is not None:
            facts["program"] = imputation.program.version
        trace = imputation.trace
        target = config.dataset.load_target(data_dir) if config.protocol.needs_target else None
        truth = np.where(encoding.fences.wild(x_incomplete), np.nan, table.values)
        answers = answers_of(config.protocol, truth, x_incomplete, learnt, scored, encoding, scale, target)
        own = answers.of(learnt)
        means = config.method.returns_column_means
        try:
            facts.update(judge(config.protocol, problem, imputation, own, returns_column_means=means, notes=wild))
            if new_rows is not None:
                facts.update(judge_new_rows(config.protocol, new_rows, outcome.new_rows, answers.of(new)))
        except ImputationError as fault:
            facts.update(status="failed", reason=str(fault))
        else:
            columns = judge_columns(config.protocol, problem, imputation, own)
            if config.protocol.iscore_columns:
                facts.update(_without_truth(config, problem, imputation, own, str(facts["gate"])))
            if config.protocol.trace_mi:
                x_true = own.table_scale.standardise(own.truth)
                trace = trace_with_information(
                    problem, imputation, x_true, own.scored, SCORED_ROWS_SEED, own.in_table, encoding.n_categories
                )
        if config.save_tables:
            tables = _tables(table, x_incomplete, learnt, own, problem, imputation)
    return write_result(
        config, facts, config_yaml=config_yaml, trace=trace, columns=columns, log=outcome.log, tables=tables
    )


def _split(config: CellConfig, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that the method learns from and those that it only completes, in order; the same for all."""
    count = round(config.protocol.train_fraction * n_rows)
    if count < 2:
        raise UserError(
            f"protocol.train_fraction={config.protocol.train_fraction} leaves {count} of {n_rows} rows to learn from: "
            "give a larger one"
        )
    if count == n_rows:
        return np.arange(n_rows), np.arange(0)
    order = generator(config.seed, "split", config.dataset.name).permutation(n_rows)
    return np.sort(order[:count]), np.sort(order[count:])


def write_result(config: CellConfig, row: dict[str, Any], **parts: Any) -> CellResult:
    """Write a row and what belongs to it, unless it is a failure and the cell has an ok row of an earlier run."""
    results_dir = Path(config.results_dir)
    parts["log"], row["reason"] = without_paths(parts["log"]), without_paths(row["reason"])
    earlier = find_row(results_dir, row) if row["status"] != "ok" else None
    if earlier is not None and earlier["status"] == "ok":
        row["reason"] += " (the ok row of an earlier run was kept)"
        return CellResult(row, cell_directory(results_dir, earlier), resumed=False)
    return CellResult(row, write_cell(results_dir, row, **parts), resumed=False)


def _finished(config: CellConfig, identity: Mapping[str, Any]) -> CellResult | None:
    """Return the cell if it need not be computed: done by the same versions, with the tables that are wanted."""
    if config.force or config.resume is False:
        return None
    results_dir = Path(config.results_dir)
    row = find_row(results_dir, identity)
    if row is None or row["versions"] != identity["versions"]:
        return None
    directory = cell_directory(results_dir, row)
    ok = row["status"] == "ok"
    if ok and config.save_tables and not (directory / "tables").is_dir():
        return None
    if not ok and config.resume == "failed":
        return None
    return CellResult(row, directory, resumed=True)


def failed_cell(config: CellConfig, data_dir: Path, reason: str, load: Load = load_table, **parts: Any) -> CellResult:
    """Write the row of a cell that could not start (no data, an impossible mask) or that took its process along.

    Args:
        config: the cell.
        data_dir: the folder of downloaded data.
        reason: why, in one sentence.
        load: how the table is read; without a table, the row is that of a cell that never got its data.
        parts: ``config_yaml`` and ``log``.
    """
    data: dict[str, Any] = {}
    try:
        table = load(config.dataset, data_dir)
        data = {"data_sha256": table.sha256, "n_rows": table.values.shape[0], "n_columns": table.values.shape[1]}
    except UserError:
        pass
    row = {**row_identity(config, data.get("data_sha256", "")), **data, "status": "failed", "reason": reason}
    return write_result(config, row, trace=[], **{"config_yaml": "", "log": "", **parts})


def _impute(config: CellConfig, problem: Problem, new_rows: np.ndarray | None, progress: Progress) -> Outcome:
    with scratch_folder() as folder:
        return run_isolated(
            config.method,
            problem,
            new_rows=new_rows,
            folder=folder,
            threads=config.threads,
            timeout_s=config.timeout_s,
            memory_mb=config.memory_mb,
            progress=progress,
        )


def _without_truth(
    config: CellConfig, problem: Problem, imputation: Imputation, answers: Answers, gate: str
) -> dict[str, Any]:
    """Return the fields of the energy-I-score, and the notes of the row with why there is none."""
    encoding, scale = answers.encoding, answers.scale
    completed = coherent(problem, imputation.draws[0], encoding, scale)
    tasks = tasks_of(problem, completed, encoding.column_slices, config.protocol.iscore_columns, problem.seed)
    score, why = energy_iscore(tasks, encoding, scale, lambda part: _impute(config, part, None, no_progress))
    notes = "; ".join(note for note in (gate, why) if note)
    return {"draws_iscore": score, "iscore_columns": len(tasks), "gate": notes}


def _tables(
    table: Table,
    x_incomplete: np.ndarray,
    rows: np.ndarray,
    answers: Answers,
    problem: Problem,
    imputation: Imputation,
) -> dict[str, pd.DataFrame]:
    """Return the tables of some rows in original units, in which observed values are the source's own bits."""
    missing = np.isnan(x_incomplete[rows])
    bits = SourceBits.of(x_incomplete[rows], answers.in_table(problem.x_incomplete))

    def in_units(x: np.ndarray) -> np.ndarray:
        return np.where(missing, bits.restored(answers.in_table(x), answers.table_scale), table.values[rows])

    arrays = {
        "truth": table.values[rows],
        "incomplete": x_incomplete[rows],
        "point": in_units(imputation.point),
        "draw": in_units(imputation.draws[0]),
    }
    return {name: table.to_frame(values) for name, values in arrays.items()}
