"""`mirimpute-impute`: fill the holes of a CSV or Parquet file."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mirimpute.cli.exits import FAILED, OK, exit_code
from mirimpute.cli.impute_parser import PROGRAM, parser
from mirimpute.cli.option_names import named_as_typed
from mirimpute.errors import ImputationError, UserError, counted, printable, warn
from mirimpute.table.file_format import PARQUET, suffix_of

if TYPE_CHECKING:
    import pandas as pd

    from mirimpute.methods.base import Method
    from mirimpute.table.table import Table

_INTERRUPTED = "interrupted, no file is half written; what goes into a folder goes on with the same command"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 when the method failed, 2 for a request that cannot be served."""
    return exit_code(PROGRAM, lambda: _run(arguments), _INTERRUPTED)


def _run(arguments: Sequence[str] | None) -> int:
    from mirimpute.bench.notices import plain_warnings

    options = parser().parse_args(arguments)
    into_folder = options.output.endswith(os.sep) or os.path.isdir(options.output)
    options.output = Path(options.output)
    in_parts = options.file.is_dir() or (into_folder and suffix_of(options.file) in PARQUET)
    with plain_warnings(PROGRAM), named_as_typed():
        if in_parts:
            from mirimpute.cli.impute_parts import complete_parts

            return complete_parts(options, PROGRAM)
        for name in ("sample", "model"):
            if getattr(options, name):
                raise UserError(f"--{name} is for a table that is filled in parts: give -o a folder, such as -o OUT/")
        return complete(options)


def complete(options: argparse.Namespace) -> int:
    """Read, impute, write, and say in a line what was done."""
    from mirimpute.bench.run.isolation import run_isolated
    from mirimpute.bench.run.scratch import scratch_folder
    from mirimpute.cli.file_options import file_options
    from mirimpute.cli.long_work import foreseen, write_each
    from mirimpute.cli.plan import plan_of
    from mirimpute.cli.progress import rich_progress
    from mirimpute.cli.table_options import kinds_of, left_alone, table_options
    from mirimpute.data_page.check_page import check_page
    from mirimpute.imputers.censoring import DRAWS_OF_SPREADS
    from mirimpute.imputers.drawing import draws_by_models
    from mirimpute.imputers.predictor_choice import check_predictors
    from mirimpute.imputers.table_model import draws_of_models
    from mirimpute.methods.base import problem_of
    from mirimpute.methods.column_limits import inside
    from mirimpute.methods.device import torch_device
    from mirimpute.methods.sanity import check as check_sanity
    from mirimpute.seeding import integer_seed
    from mirimpute.table.file_format import TableFile, has_types, stem_of
    from mirimpute.table.reading import content_of, frame_of, table_of_file, warn_of_ids_in
    from mirimpute.table.room import check_room
    from mirimpute.table.source_bits import SourceBits
    from mirimpute.table.writing import check_target

    if options.device != "cpu":
        torch_device(options.device)
    method, asked = _method(options), table_options(options)
    check_predictors(method, asked.predictors, "--predictors")
    kinds = left_alone(asked, kinds_of(options.kind))
    draws = options.multiple or options.draws
    source = TableFile(str(options.file), kinds, censored=tuple(options.censored), **file_options(options))
    if options.censored and has_types(options.file):
        raise UserError(f"--censored is for a CSV, and the columns of '{options.file}' have types: leave it out")
    targets = [_numbered(options.output, k + 1, draws) for k in range(draws)]
    targets = targets if options.multiple else [options.output, *targets]
    for target in targets:
        check_target(options.file, target, options.force)
    if options.report:
        check_page(options.report, options.force)
        if options.multiple and not draws_by_models(method):
            raise UserError(
                f"--report shows one model, and --multiple {draws} fits {draws} of {options.method}: "
                f"give --draws {draws}, or leave one of them out"
            )
    content = content_of(source)
    frame = frame_of(source, content)
    warn_of_ids_in(frame, kinds, lambda name: f"--ignore {shlex.quote(name)}")
    table = table_of_file(frame, stem_of(options.file), kinds, source.path)
    size = 8.0 * (1 + draws) * table.values.size
    check_room(size, f"--draws or --multiple {draws} of this table", "give fewer")
    plan = plan_of(content, table, frame, replace(asked, kinds=kinds), options.where)
    count = int((table.missing & ~plan.left).sum())
    if not count:
        raise UserError(f"'{options.file}' has no missing cell that can be filled: there is nothing to fill")
    seed = integer_seed(options.seed, "impute") % 2**31
    x, columns, _, limits = (lesson := plan.lesson(method, table, options.device)).inputs()
    problem, encoding, scale = problem_of(x, columns, seed, options.device, limits, lesson.chosen(len(columns)))
    most = method.most_draws(problem)
    if most is not None and options.draws > most:
        raise UserError(
            f"--draws {options.draws} is more than the {most} that {options.method} gives of a table of this size: "
            f"give {most} or fewer, or another --method"
        )
    for sentence in encoding.fences.sentences(x, columns, first=1):
        print(f"{PROGRAM}: warning: {printable(sentence)}", file=sys.stderr)
    models = options.multiple if options.multiple and not draws_by_models(method) else 0
    ahead = foreseen(PROGRAM, lesson, options.method, models, options.jobs, 2.0 if options.report else 1.0)
    if models:
        start = time.monotonic()
        with rich_progress(options.file.name, ahead) as progress:
            found = draws_of_models(lesson, draws, seed, options.jobs, progress)
            write_each(content, table, lesson.told(found), targets, plan.left)
        return _said(options, count, time.monotonic() - start, targets, _still_empty(frame, table))
    with scratch_folder() as folder, rich_progress(options.file.name, ahead) as progress:
        outcome = run_isolated(method, problem, folder=folder, progress=progress)
    if outcome.imputation is None or outcome.cost is None:
        print(f"{PROGRAM}: {options.method} failed: {printable(outcome.reason)}", file=sys.stderr)
        return FAILED
    imputation = outcome.imputation
    try:
        verdict = check_sanity(problem, imputation, returns_column_means=method.returns_column_means)
    except ImputationError as error:
        raise ImputationError(f"{options.method}: {error}; nothing was written, give another --method") from error
    if len(imputation.draws) < draws:
        raise UserError(
            f"method {options.method!r} returned {len(imputation.draws)} draw(s) of the {draws} asked for: "
            "give a smaller --draws, or another --method"
        )
    imputation = inside(problem, imputation)
    table_scale = encoding.table_scale(scale)
    tables = [imputation.point, *imputation.draws[: max(draws, DRAWS_OF_SPREADS if plan.censored else 0)]]
    bits = SourceBits.of(x, encoding.decode(problem.x_incomplete, scale))
    held, odd = plan.held(table, [bits.restored(encoding.decode(each, scale), table_scale) for each in tables], draws)
    completed = held[1:] if options.multiple else held
    warn(odd)
    for note in (*imputation.notes, *verdict.notes):
        print(f"{PROGRAM}: note: {printable(note)}", file=sys.stderr)
    empty = _still_empty(frame, table)
    write_each(content, table, completed, targets, plan.left)
    seconds = outcome.cost.fit_s + outcome.cost.impute_s
    code = _said(options, count, seconds, targets, empty)
    if options.report:
        from mirimpute.data_page.of_run import Run, write_run_page

        notes = [*imputation.notes, *verdict.notes]
        run = Run(options.file.name, frame, kinds, table, problem, encoding, scale, method, imputation, seconds, notes)
        with rich_progress("hidden cells, for the report") as progress:
            write_run_page(options.report, run, options.seed, progress)
        print(f"report: {options.report}")
    return code


def _said(options: argparse.Namespace, count: int, seconds: float, targets: Sequence[Path], empty: str) -> int:
    """Say in a line what was done; return the exit code."""
    places = printable(f"{', '.join(map(str, targets))}{empty}")
    print(f"{counted(count, 'cell')} filled by {options.method} in {seconds:.1f} s: {places}")
    return OK


def _still_empty(frame: pd.DataFrame, table: Table) -> str:
    """Return how many holes are left, in which columns: those of text, and those that the method does not get."""
    filled = {column.name for column in table.columns}
    left = {str(name): int(frame[name].isna().sum()) for name in frame.columns if str(name) not in filled}
    left = {name: count for name, count in left.items() if count}
    count = sum(left.values())
    stay = "stays" if count == 1 else "stay"
    if not left:
        return ""
    return f"; {counted(count, 'cell')} {stay} empty, in what was left out: {', '.join(map(repr, left))}"


def _method(options: argparse.Namespace) -> Method:
    """Return the method, which will return as many draws as are asked for at least.

    Raises:
        UserError: it cannot.
    """
    from mirimpute.imputers.drawing import check_multiple, method_with_draws

    if options.method == "command":
        raise UserError(
            "--method command needs a program, which cannot be given here: in Python, "
            "Imputer(Command(command=...)) takes one (docs/foreign.md)"
        )
    if not options.multiple:
        return method_with_draws(options.method, None, options.draws, "--draws")
    if options.draws:
        raise UserError(
            f"--draws {options.draws} is of one model, and --multiple {options.multiple} of a model each: "
            "give one of them"
        )
    check_multiple(method_with_draws(options.method, None, 0))
    return method_with_draws(options.method, None, options.multiple)


def _numbered(target: Path, number: int, count: int) -> Path:
    """Return the file of one draw.

    >>> _numbered(Path("out/a.csv.gz"), 3, 20).as_posix()
    'out/a.draw-03.csv.gz'
    """
    suffix = suffix_of(target)
    stem = target.name.removesuffix(suffix) if suffix else target.name
    return target.with_name(f"{stem}.draw-{number:0{len(str(count))}d}{suffix}")


if __name__ == "__main__":
    sys.exit(main())
