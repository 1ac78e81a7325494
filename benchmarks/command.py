"""The command line that every benchmark has: options, files that it writes, exit codes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from mirimpute.bench.notices import plain_warnings
from mirimpute.cli import exits
from mirimpute.errors import UserError

HERE = Path(__file__).parent
"""Where pages go, unless another folder is given."""


def write_text(path: Path, text: str) -> None:
    """Write a file, creating its folder.

    Raises:
        UserError: the system refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write '{path}' ({error.strerror}): give another folder with --out") from error
    print(f"wrote {path}")


def parser_of(
    program: str, description: str | None, results_dir: str | None, **lists: tuple[str, ...] | tuple[int, ...]
) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has; without ``results_dir`` it keeps no rows.

    Args:
        program: its name.
        description: for its help.
        results_dir: where the rows are.
        lists: options that are lists with commas, such as datasets and seeds -> their defaults.
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    for name, default in lists.items():
        kind = seeds if name == "seeds" else names
        parser.add_argument(f"--{name}", type=kind, default=default, help=f"default: {', '.join(map(str, default))}")
    if results_dir is not None:
        parser.add_argument("--results-dir", type=Path, default=Path(results_dir), help="rows go here (%(default)s)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the CSV file and the page (benchmarks)")
    parser.add_argument("--table-only", action="store_true", help="run nothing, make CSV and page from the rows")
    if results_dir is not None:
        parser.add_argument("--former", type=Path, metavar="CSV", help="rows of a page before, for cells without a row")
    return parser


def names(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas.

    >>> names("mirf, ice")
    ('mirf', 'ice')
    """
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} names nothing: give names with commas between them")
    return found


def seeds(text: str) -> tuple[int, ...]:
    """Return the seeds of a list with commas."""
    found = names(text)
    if not all(part.isdecimal() for part in found):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of seeds: give whole numbers such as 0,1,2")
    return tuple(int(part) for part in found)


def exit_code(program: str, work: Callable[[], None]) -> int:
    """Do ``work`` and return 0; what ends it before is one sentence and a code, see :mod:`mirimpute.cli.exits`."""

    def warned() -> None:
        with plain_warnings(program):
            work()

    return exits.exit_code(program, warned, "interrupted; the rows written so far are kept")
