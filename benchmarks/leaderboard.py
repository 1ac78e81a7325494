"""The leaderboard, from rows of record and rows that were handed in: ``python -m benchmarks.leaderboard --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks import page
from benchmarks.command import HERE, exit_code, write_text
from benchmarks.frame import HASHES, frame_of
from benchmarks.submission import COMMAND, read_submission
from benchmarks.tables import lists_of
from benchmarks.verdicts import collection_of
from mirimpute.bench.results.store import read_rows
from mirimpute.errors import UserError, counted
from mirimpute.report.collect import Collection
from mirimpute.report.leaderboard import MEASURES, Board, Standing, board
from mirimpute.report.markup import markdown

PROGRAM = "leaderboard"


def record_of(path: Path) -> pd.DataFrame:
    """Return the rows of a page's CSV, or of a results folder, in the form of the CSV.

    Raises:
        UserError: there is none.
    """
    if path.is_dir():
        return frame_of(read_rows(path))
    try:
        return pd.read_csv(path, dtype=dict.fromkeys(HASHES, str))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read the record '{path}' ({error}): give a page's CSV or a results folder") from error


def page_of(frame: pd.DataFrame, record: str) -> str:
    """Return the page in Markdown.

    Args:
        frame: rows of the record and of submissions.
        record: where the rows of the record are.
    """
    collection = collection_of(frame, list(dict.fromkeys(frame["method"])))
    datasets = sorted(set(frame["dataset"]))
    lines = [
        "# Leaderboard",
        "",
        f"Made by `make leaderboard` from the rows of `{record}`, by mechanism and by kind of table. Tables "
        f"{markdown(lists_of(datasets))} (`docs/tables.md`). Seeds: {len(set(frame['seed']))} per case.",
        "",
        "*Win rate*: the share of cases and rivals on which a method has the smaller value. A tie counts half, a "
        "failure loses, and datasets count the same. *Improvability*: by how much the best method of a case is below "
        "it, mean over cases; 0 % is the best everywhere; the energy distance has none, because it may be 0. "
        "*CPU seconds*: of fit and impute, median over cases. Win rates on few tables are no proof: "
        f"`{Path(record).with_suffix('.md') if record.endswith('.csv') else record + '/summary.md'}` has the tests, "
        "and says how new these tables were to mirf.",
        "",
    ]
    known = {measure.field for measure in collection.measures}
    for field, name in MEASURES.items():
        if field in known:
            lines += [f"## {name}", "", *_table(board(collection, field), collection)]
    lines += ["## Methods", "", *_methods(frame)]
    lines += [f"- {markdown(note)}" for note in collection.notes]
    return "\n".join(lines).rstrip() + "\n"


def _table(found: Board, collection: Collection) -> list[str]:
    groups = [f"{name}, {counted(len(datasets), 'table')}" for name, datasets in found.groups.items()]
    heads = ["method", "win rate", *groups, "improvability", "CPU seconds"]
    lines = page.table(heads, [_line(each, found) for each in found.standings])
    said = [f"{counted(len(found.cases), 'case')} of {counted(len({case.dataset for case in found.cases}), 'table')}."]
    if beside := [each.method for each in found.standings if each.variant]:
        said.append(f"In italics, further variants of mirf, which are no rivals of others: {', '.join(beside)}.")
    drawless = [each for each in found.left_out if each in collection.without_draws]
    if drawless:
        said.append(f"Not here, because they do not draw: {', '.join(drawless)}.")
    if others := [each for each in found.left_out if each not in drawless]:
        said.append(f"Not here, because not run on every case: {', '.join(others)}.")
    if failed := [f"{each.method} ({each.failed})" for each in found.standings if each.failed]:
        said.append(f"Cases with a failure: {', '.join(failed)}.")
    return [*lines, markdown(" ".join(said)), ""]


def _line(each: Standing, found: Board) -> list[str]:
    name = markdown(each.method)
    rates = [each.win_rate, *(each.by_group[group] for group in found.groups)]
    return [
        f"*{name}*" if each.variant else name,
        *(f"{rate:.0%}" for rate in rates),
        page.ABSENT if each.improvability is None else f"{each.improvability:.1%}",
        page.value_text(each.seconds),
    ]


def _methods(frame: pd.DataFrame) -> list[str]:
    known = frame.dropna(subset=[COMMAND]) if COMMAND in frame else frame.head(0).assign(**{COMMAND: ""})
    commands = {markdown(name): markdown(command) for name, command in known[["method", COMMAND]].to_numpy()}
    lines = []
    for cells in page.methods_of(frame):
        own = "this package" if "/" not in cells[0] else "a program of others, called by this package"
        lines.append([*cells, commands.get(cells[0], own)])
    return page.table(["method", "version", "hash of its settings", "rows", "command"], lines, left=5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what was handed in, and write leaderboard.md."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    parser.add_argument(
        "--record", default="benchmarks/draws.csv", help="a page's CSV or a results folder (%(default)s)"
    )
    parser.add_argument(
        "--submissions", type=Path, default=Path("results/submissions"), help="a folder for each (%(default)s)"
    )
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the page (benchmarks)")
    asked = parser.parse_args(arguments)

    def work() -> None:
        record = record_of(Path(asked.record))
        folders = sorted(path for path in asked.submissions.glob("*") if path.is_dir())
        frames = [record]
        for folder in folders:
            frames.append(read_submission(folder, record, {each["method"].iloc[0] for each in frames[1:]}))
        frame = pd.concat([each.dropna(axis=1, how="all") for each in frames], ignore_index=True)
        frame = frame.assign(**{name: frame[name].astype(object).str[:8] for name in HASHES if name in frame})
        write_text(asked.out / "leaderboard.md", page_of(frame, asked.record))

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
