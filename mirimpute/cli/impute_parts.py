"""`mirimpute-impute` on tables beyond memory: learn from a sample of rows, then fill one row group after the other."""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
import warnings
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow

from mirimpute.cli.exits import OK
from mirimpute.cli.plan import plan_of
from mirimpute.cli.progress import rich_progress
from mirimpute.cli.table_options import kinds_of, left_alone, table_options
from mirimpute.errors import ImputationError, MirimputeWarning, UserError, counted, printable
from mirimpute.imputers.oddities import Oddity, added
from mirimpute.imputers.table_model import TableModel
from mirimpute.table.column_storage import missing_in
from mirimpute.table.file_format import stem_of
from mirimpute.table.frames import numbers_of
from mirimpute.table.output_folder import Input, OutputFolder, output_folder
from mirimpute.table.parquet_parts import Part, chosen_rows, names_of_rows, parts_of, sampled, slices, write_again
from mirimpute.table.reading import frame_of_columns, table_of_file, warn_of_ids_in
from mirimpute.table.writing import completed_columns
from mirimpute.types import Array, Progress

SAMPLE = 100_000
"""Rows that are learnt from."""
_CELLS = 1_000_000
"""Cells that are completed at a time."""
_LIBRARIES = ("mirimpute", "numpy", "scikit-learn", "torch", "pyarrow")
_OF_CELLS = ("min", "max", "sum", "order", "derived")
_OF_TEXT = ("na", "sep", "decimal", "thousands", "encoding", "comment", "no_header")
_UNSERVED = ("draws", "multiple", "where", "report", "censored", *_OF_TEXT)
_OF_LEARNING = ("sample", "kind", "ignore", "exclude", "groups", "predictors", *_OF_CELLS)


@dataclass(frozen=True)
class Filler:
    """Fills tables of the same columns by what was learnt.

    Attributes:
        model: what was learnt.
        names: the columns that it gets, in order.
        excluded: bool (d,), those of them that stay as they are.
        group: the column of groups; None: there is none.
    """

    model: TableModel
    names: tuple[str, ...]
    excluded: Array
    group: str | None

    def __call__(self, table: pyarrow.Table, first: int) -> tuple[pyarrow.Table, int, list[Oddity]]:
        """Return a table (n_rows, n_columns) with its missing cells filled, how many these are, and what is odd.

        ``first`` is the number of its first row in the file, for messages.

        Raises:
            UserError: values that the columns cannot have, or that leave no room for missing ones.
            ImputationError: a cell got no finite value.
        """
        columns = self.model.state.columns[: len(self.names)]
        frame = frame_of_columns(table.select(list(self.names)).replace_schema_metadata())
        groups = None if self.group is None else table.column(self.group).to_pandas().to_numpy(dtype=object)
        x = numbers_of(frame, columns, "missing", "correct it, or give its column another --kind, or --ignore it")
        odd: list[Oddity] = []
        if self.model.constraints is not None:
            odd = self.model.constraints.check(x, range(first, first + len(x)))
        missing = np.column_stack([missing_in(frame.iloc[:, j]) for j in range(len(columns))]) & ~self.excluded
        if not missing.any():
            return table, 0, odd
        completed, _, said = self.model.complete(x, groups, 0, 0)
        if not np.isfinite(completed).all():
            j = int((~np.isfinite(completed)).any(axis=0).argmax())
            raise ImputationError(f"column {self.names[j]!r} got no finite value")
        return completed_columns(table, columns, missing, completed), int(missing.sum()), [*odd, *said]


def complete_parts(options: argparse.Namespace, program: str) -> int:
    """Learn, fill each file, and say in a line what was done; what is whole of the same command stays.

    Raises:
        UserError: the request cannot be served.
        ImputationError: the method failed.
    """
    source, target = options.file, options.output
    _check(options)
    parts = parts_of(source)
    inside = [part.path for part in parts if target.resolve() in part.path.resolve().parents]
    if inside:
        raise UserError(f"'{inside[0]}' is a link into output '{target}': give another folder")
    rows = sum(part.rows for part in parts)
    start = time.monotonic()
    with output_folder(target, _facts(options), _inputs(parts), options.force) as folder:
        left = [part for part in parts if part.name not in folder.whole]
        filled = sum(folder.whole.values())
        with rich_progress(source.name) as progress:
            if left:
                read = _loaded if options.model else _learnt
                filler = read(options, parts, folder, program, progress)
                cells, odd = _fill(filler, left, folder, options.jobs, progress, rows)
                filled += cells
                for each in odd:
                    print(f"{program}: warning: {printable(str(each))}", file=sys.stderr)
    what = f"the model of {options.model}" if options.model else options.method
    done = f"{counted(filled, 'cell')} of {counted(rows, 'row')} filled by {what} in {time.monotonic() - start:.1f} s"
    print(printable(f"{done}: {counted(len(parts), 'file')} in {target}"))
    return OK


def _check(options: argparse.Namespace) -> None:
    for path in filter(None, (options.file, options.output, options.model)):
        try:
            path.resolve()
        except (ValueError, RuntimeError) as error:  # a lone surrogate, a zero byte; links in a circle
            raise UserError(f"{str(path)!r} is no name of a file ({error}): give another") from error
    source, target = options.file.resolve(), options.output.resolve()
    for name in _UNSERVED:
        if getattr(options, name):
            option = f"--{name.replace('_', '-')}"
            raise UserError(f"{option} is not for a table that is filled in parts: leave it out, or give one file")
    if source == target or source in target.parents or target in source.parents:
        raise UserError(f"output '{options.output}' and input '{options.file}' lie in one another: give another folder")
    given = [name for name in _OF_LEARNING if getattr(options, name)]
    if options.model and given:
        raise UserError(f"--{given[0]} says how to learn, and --model {options.model} has learnt: give one of them")


def _facts(options: argparse.Namespace) -> dict[str, Any]:
    """Return what all files follow from: the options and the libraries."""
    names = ("method", "seed", "device", *_OF_LEARNING)
    facts = {f"--{name}": getattr(options, name) for name in names}
    model = hashlib.sha256(Path(options.model).read_bytes()).hexdigest() if options.model else None
    return {**facts, "--model": model, "the libraries": [version(each) for each in _LIBRARIES]}


def _inputs(parts: list[Part]) -> dict[str, Input]:
    stats = [(part, part.path.stat()) for part in parts]
    return {part.name: Input(part.path, [part.rows, stat.st_size, stat.st_mtime_ns]) for part, stat in stats}


def _go_on(folder: OutputFolder, learnt: str, parts: list[Part], program: str) -> None:
    """Begin or go on with the folder, and say how many files stay, and that it is in order if inputs have changed."""
    folder.go_on(learnt)
    if folder.whole:
        kept, why = f"{len(folder.whole)} of {len(parts)}", ""
        if folder.changed:
            count = len(folder.changed) - 1
            why = f"; input '{folder.changed[0]}'{f' and {count} more' * bool(count)} changed, not what was learnt from"
        print(printable(f"{program}: files that are whole already, and stay: {kept}{why}"), file=sys.stderr)


def _checksum(sample: pyarrow.Table) -> str:
    """Return the SHA-256 of the values of a table, whatever pieces it is in."""
    written = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(written, sample.schema) as stream:
        stream.write_table(sample.combine_chunks())
    return hashlib.sha256(written.getvalue()).hexdigest()


def _learnt(
    options: argparse.Namespace, parts: list[Part], folder: OutputFolder, program: str, progress: Progress
) -> Filler:
    """Return what is learnt from a sample of the rows, which is said."""
    from mirimpute.imputers.drawing import method_with_draws
    from mirimpute.imputers.predictor_choice import check_predictors
    from mirimpute.seeding import generator, integer_seed

    method, asked = method_with_draws(options.method, None, 0), table_options(options)
    if not method.completes_new_rows:
        raise UserError(
            f"method {options.method!r} completes only the rows that it learns from, and a table that is filled in "
            "parts has others: take one that completes new rows (mirf, mirf_fast, knn, mean)"
        )
    check_predictors(method, asked.predictors, "--predictors")
    kinds = left_alone(asked, kinds_of(options.kind))
    rng = generator(options.seed, "sample of rows")
    chosen = chosen_rows(parts, options.sample or SAMPLE, rng)
    sample = sampled(parts, chosen, progress)
    rows = sum(part.rows for part in parts)
    print(
        f"{program}: learns from {counted(sample.num_rows, 'row')} of {rows:,}, chosen by --seed {options.seed} "
        "(--sample gives more or fewer)",
        file=sys.stderr,
    )
    _go_on(folder, _checksum(sample), parts, program)
    frame = frame_of_columns(sample)
    _check_values(frame, kinds, sample.num_rows, rows)
    warn_of_ids_in(frame, kinds)
    table = table_of_file(frame, stem_of(options.file), kinds, str(parts[0].path))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", MirimputeWarning)
        plan = plan_of(sample, table, frame, replace(asked, kinds=kinds), None, names_of_rows(parts, chosen))
    lesson = plan.lesson(method, table, options.device)
    model = TableModel.of(lesson, integer_seed(options.seed, "impute") % 2**31, progress=progress)
    of_sample = [str(each.message) for each in said]
    for sentence in [*of_sample, *model.state.encoding.fences.sentences(*lesson.inputs()[:2], first=1)]:
        print(f"{program}: warning: of the sample, {printable(sentence)}", file=sys.stderr)
    for note in model.state.notes:
        print(f"{program}: note: {printable(note)}", file=sys.stderr)
    names = tuple(column.name for column in table.columns)
    return Filler(model, names, np.isin(names, asked.exclude), plan.group)


def _check_values(frame: Any, kinds: dict[str, Any], rows: int, whole: int) -> None:
    """Refuse a column without any value in the sample."""
    asked = [name for name in frame if kinds.get(str(name)) != "text"]
    empty = [str(name) for name in asked if missing_in(frame[name]).all()]
    if empty:
        raise UserError(
            f"column {empty[0]!r} has no value in the sample of {counted(rows, 'row')}: "
            f"{'give a larger --sample, or ' if rows < whole else ''}--ignore {empty[0]}"
        )


def _loaded(
    options: argparse.Namespace, parts: list[Part], folder: OutputFolder, program: str, progress: Progress
) -> Filler:
    """Return what ``MirfImputer.save`` wrote."""
    from mirimpute.imputers.mirf_imputer import MirfImputer
    from mirimpute.imputers.saving import load
    from mirimpute.table.column_files import names_in

    state = load(Path(options.model), MirfImputer().get_params(deep=False))[0]
    names = tuple(column.name for column in state.columns)
    absent = [name for name in names if name not in names_in(parts[0].path)]
    if absent:
        raise UserError(f"the model of '{options.model}' has column {absent[0]!r}, and the input has not: give another")
    model = TableModel(state, None, None, len(names))
    _go_on(folder, "", parts, program)
    return Filler(model, names, np.zeros(len(names), dtype=bool), None)


def _fill(
    filler: Filler, parts: list[Part], folder: OutputFolder, jobs: int, progress: Progress, rows: int
) -> tuple[int, list[Oddity]]:
    """Write the parts that are left, each on one thread, so many at a time.

    Returns:
        How many cells were filled, and what is odd about all of these parts.
    """
    from joblib import Parallel, delayed

    from mirimpute.imputers.multiple import on_one_thread, processes

    done, filled = rows - sum(part.rows for part in parts), 0
    jobs = processes(jobs, len(parts))
    alone = jobs == 1

    def report(more: int) -> None:
        nonlocal done
        done += more
        progress("rows filled", done, rows)

    odd: dict[str, list[Oddity]] = {}
    calls = (delayed(on_one_thread)(_fill_part, filler, part, folder, report if alone else None) for part in parts)
    for part, cells, found in Parallel(n_jobs=jobs, return_as="generator_unordered")(calls):
        filled += cells
        odd[part.name] = [replace(each, after=f"{each.after}; the first of them in '{part.name}'") for each in found]
        if not alone:
            report(part.rows)
    return filled, added(odd.get(part.name, []) for part in parts)


def _fill_part(filler: Filler, part: Part, folder: OutputFolder, report: Any) -> tuple[Part, int, list[Oddity]]:
    """Write one part; return it, how many cells were filled, and what is odd about it."""
    target = folder.place(part.name)
    cells, rows = 0, 0
    odd: list[list[Oddity]] = []

    def change(group: pyarrow.Table) -> pyarrow.Table:
        nonlocal cells, rows
        pieces = []
        for piece in slices(group, max(_CELLS // max(len(filler.names), 1), 1)):
            completed, count, found = filler(piece, rows + 1)
            pieces.append(completed)
            odd.append(found)
            cells += count
            rows += piece.num_rows
            if report is not None:
                report(piece.num_rows)
        return pyarrow.concat_tables(pieces).unify_dictionaries()

    try:
        write_again(part, target, change, lambda size: folder.record(part.name, size, cells))
    except UserError as error:
        raise UserError(f"'{part.path}': {error}") from error
    return part, cells, added(odd)
