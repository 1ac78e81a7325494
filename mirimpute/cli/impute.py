"""`mirimpute-impute`: fill the holes of a CSV or Parquet file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.cli.exits import FAILED, OK, exit_code
from mirimpute.cli.parser import CommandParser, StoreWholeNumber
from mirimpute.errors import ImputationError, UserError, counted, printable
from mirimpute.table.file_format import suffix_of

if TYPE_CHECKING:
    import pandas as pd

    from mirimpute.methods.base import Method
    from mirimpute.table.table import Table

PROGRAM = "mirimpute-impute"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 when the method failed, 2 for a request that cannot be served."""
    return exit_code(PROGRAM, lambda: _run(arguments), "interrupted, nothing was written")


def _run(arguments: Sequence[str] | None) -> int:
    from mirimpute.bench.notices import plain_warnings

    options = _parser().parse_args(arguments)
    with plain_warnings(PROGRAM):
        return complete(options)


def complete(options: argparse.Namespace) -> int:
    """Read, impute, write, and say in a line what was done."""
    from mirimpute.bench.run.isolation import run_isolated
    from mirimpute.bench.run.scratch import scratch_folder
    from mirimpute.cli.file_options import file_options
    from mirimpute.cli.progress import rich_progress
    from mirimpute.methods.base import problem_of
    from mirimpute.methods.column_limits import inside
    from mirimpute.methods.device import torch_device
    from mirimpute.methods.sanity import check as check_sanity
    from mirimpute.seeding import integer_seed
    from mirimpute.table.file_format import TableFile, stem_of
    from mirimpute.table.reading import content_of, frame_of, table_of_file, warn_of_ids_in
    from mirimpute.table.room import check_room
    from mirimpute.table.source_bits import SourceBits
    from mirimpute.table.writing import check_target, write_completed

    if options.device != "cpu":
        torch_device(options.device)
    method = _method(options.method, options.draws)
    kinds = _kinds(options.kind)
    source = TableFile(str(options.file), kinds, **file_options(options))
    targets = [options.output, *(_numbered(options.output, k + 1, options.draws) for k in range(options.draws))]
    for target in targets:
        check_target(options.file, target, options.force)
    content = content_of(source)
    frame = frame_of(source, content)
    warn_of_ids_in(frame, kinds)
    table = table_of_file(frame, stem_of(options.file), kinds, source.path)
    check_room(
        8.0 * (1 + options.draws) * table.values.size,
        f"--draws {options.draws} of this table",
        "give a smaller --draws",
    )
    count = int(table.missing.sum())
    if not count:
        raise UserError(f"'{options.file}' has no missing cell that can be filled: there is nothing to fill")
    seed = integer_seed(options.seed, "impute") % 2**31
    problem, encoding, scale = problem_of(table.values, table.columns, seed, options.device)
    for sentence in encoding.fences.sentences(table.values, table.columns, first=1):
        print(f"{PROGRAM}: warning: {printable(sentence)}", file=sys.stderr)
    with scratch_folder() as folder, rich_progress(options.file.name) as progress:
        outcome = run_isolated(method, problem, folder=folder, progress=progress)
    if outcome.imputation is None or outcome.cost is None:
        print(f"{PROGRAM}: {options.method} failed: {printable(outcome.reason)}", file=sys.stderr)
        return FAILED
    imputation = outcome.imputation
    try:
        verdict = check_sanity(problem, imputation, returns_column_means=method.returns_column_means)
    except ImputationError as error:
        raise ImputationError(f"{options.method}: {error}; nothing was written, give another --method") from error
    if len(imputation.draws) < options.draws:
        raise UserError(
            f"method {options.method!r} returned {len(imputation.draws)} draw(s) of the {options.draws} asked for: "
            "give a smaller --draws, or another --method"
        )
    imputation = inside(problem, imputation)
    table_scale = encoding.table_scale(scale)
    tables = [imputation.point, *imputation.draws[: options.draws]]
    bits = SourceBits.of(table.values, encoding.decode(problem.x_incomplete, scale))
    completed = [bits.restored(encoding.decode(values, scale), table_scale) for values in tables]
    for note in (*imputation.notes, *verdict.notes):
        print(f"{PROGRAM}: note: {printable(note)}", file=sys.stderr)
    empty = _still_empty(frame, table)
    for target, values in zip(targets, completed, strict=True):
        write_completed(content, table, values, target)
    seconds = outcome.cost.fit_s + outcome.cost.impute_s
    places = printable(f"{', '.join(map(str, targets))}{empty}")
    print(f"{counted(count, 'cell')} filled by {options.method} in {seconds:.1f} s: {places}")
    return OK


def _still_empty(frame: pd.DataFrame, table: Table) -> str:
    """Return how many holes are left, in which columns of text."""
    filled = {column.name for column in table.columns}
    left = {str(name): int(frame[name].isna().sum()) for name in frame.columns if str(name) not in filled}
    left = {name: count for name, count in left.items() if count}
    count = sum(left.values())
    stay = "stays" if count == 1 else "stay"
    return f"; {counted(count, 'cell')} of text {stay} empty, in {', '.join(map(repr, left))}" if left else ""


def _method(name: str, draws: int) -> Method:
    """Return the method, which will return so many draws at least.

    Raises:
        UserError: it cannot.
    """
    from mirimpute.methods.presets import named_method

    method: Any = named_method(name)
    if draws and hasattr(method, "draws"):
        return named_method(name, {"draws": draws})
    if draws and hasattr(method, "chains"):  # each of which is a draw
        return named_method(name, {"chains": max(draws, method.chains)})
    if draws > 1:
        raise UserError(
            f"method {name!r} completes the table once, and --draws {draws} asks for {draws}: give --draws 1, or "
            "another --method, such as mirf or mice"
        )
    return method


def _kinds(texts: Sequence[str]) -> dict[str, str | list[str]]:
    """Return the kind of each column that is given one."""
    kinds: dict[str, str | list[str]] = {}
    for column, kind in map(_kind, texts):
        if column in kinds:
            raise UserError(f"--kind gives column {column!r} two kinds, {kinds[column]} and {kind}: give it once")
        kinds[column] = kind
    return kinds


def _kind(text: str) -> tuple[str, str | list[str]]:
    """Return column and kind, or column and categories in their order.

    >>> _kind("zip=categorical"), _kind("size=small,large")
    (('zip', 'categorical'), ('size', ['small', 'large']))
    """
    column, equals, kind = text.rpartition("=")
    if not equals:
        raise UserError(f"--kind {text!r} has no '=': give COLUMN=categorical, or COLUMN=low,mid,high for an order")
    return column, kind.split(",") if "," in kind else kind


def _numbered(target: Path, number: int, count: int) -> Path:
    """Return the file of one draw.

    >>> _numbered(Path("out/a.csv.gz"), 3, 20).as_posix()
    'out/a.draw-03.csv.gz'
    """
    suffix = suffix_of(target)
    stem = target.name.removesuffix(suffix) if suffix else target.name
    return target.with_name(f"{stem}.draw-{number:0{len(str(count))}d}{suffix}")


def _parser() -> argparse.ArgumentParser:
    from mirimpute.cli.file_options import add_file_options

    parser = CommandParser(
        prog=PROGRAM,
        description="Fill the missing cells of a CSV or Parquet file, numbers and categories. What is there stays as "
        "it is, byte for byte; columns of free text are left alone. What is found out about a CSV, and columns that "
        "may be meant otherwise, are told in warnings that name the option.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV (.csv or .tsv, also .gz, .bz2, .xz) or Parquet")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="what to write, same kind")
    parser.add_argument("--method", default="mirf", help="a name from `mirimpute-bench --help` (%(default)s)")
    parser.add_argument(
        "--draws",
        action=StoreWholeNumber,
        least=0,
        default=0,
        metavar="M",
        help="also write M draws, of one model; of several for method mice (%(default)s)",
    )
    parser.add_argument("--seed", action=StoreWholeNumber, least=0, default=0, help="of all randomness (%(default)s)")
    parser.add_argument("--device", default="cpu", help="torch device (%(default)s)")
    parser.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="COLUMN=KIND",
        help="take a column for continuous, integer, categorical, ordinal, datetime, duration or text, or give its "
        "categories in their order (low,mid,high); may be given again, for another column",
    )
    add_file_options(parser)
    parser.add_argument("--force", action="store_true", help="replace output files that are there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
