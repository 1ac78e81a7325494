"""Which pages show rows of methods that have changed since: ``python -m benchmarks.stale``, or ``make stale``."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.command import HERE, exit_code
from benchmarks.frame import HASHES
from benchmarks.page import MADE_WITH, MULTIPLE
from mirimpute.bench.config import hash_of_method
from mirimpute.bench.results.store import read_rows
from mirimpute.errors import UserError
from mirimpute.imputers import multiple
from mirimpute.methods.presets import PRESETS, named_method

PROGRAM = "stale"
_DIGITS = 8
CHANGED_BEYOND = {("Mirf", 12): 100}
"""Class and version of a method -> columns of a table beyond which it gives other values than the version before.

Of mirf 12 it is 256 columns with categories as indicators; tables of at most 100 columns are far from it."""


@dataclass(frozen=True)
class State:
    """How the rows of one page stand to the methods of this tree.

    Attributes:
        page: its name.
        changed: methods with another version or other settings now -> hash of the rows, hash now.
        current: methods whose rows are what would be computed now.
        unknown: methods that are no preset (a variant, a custom one, an absent program), or rows without a hash.
        one_draw: rows whose ``draw_*`` are of one draw, as before draws were scored as means over five.
    """

    page: str
    changed: Mapping[str, tuple[str, str]]
    current: tuple[str, ...]
    unknown: tuple[str, ...]
    one_draw: int = 0

    @property
    def stale(self) -> bool:
        """Whether the page would be another if it were made again."""
        return bool(self.changed or self.one_draw)

    @property
    def sentence(self) -> str:
        """The state in one line."""
        if not (self.stale or self.current):
            return f"{self.page}: cannot be told, it names no method whose settings are known"
        parts = [f"{name} (rows {was}, now {now})" for name, (was, now) in self.changed.items()]
        if self.one_draw:
            parts.append(f"{self.one_draw} rows of one draw instead of the mean over five")
        return f"{self.page}: stale: {'; '.join(parts)}" if parts else f"{self.page}: current"


def hashes_now() -> dict[str, str]:
    """Return the hash of each preset's settings and version, its first eight digits; without absent programs."""
    found = {}
    for name in PRESETS:
        with suppress(UserError):  # a foreign program is not there, or, of `command`, not named
            found[name] = hash_of_method(named_method(name))[:_DIGITS]
    return found


def as_good(name: str, frame: pd.DataFrame) -> str:
    """Return the hash of a preset's version before, if it gives the tables of these rows the same values, or ""."""
    method = named_method(name)
    most = CHANGED_BEYOND.get((type(method).__name__, method.version), 0)
    if "n_columns" not in frame or not (frame["n_columns"] <= most).all():
        return ""
    vars(method)["version"] = method.version - 1
    return hash_of_method(method)[:_DIGITS]


def state_of(page: str, frame: pd.DataFrame, now: Mapping[str, str]) -> State:
    """Return how the rows of ``frame`` stand to the hashes of now; rows of several hashes are stale for any other."""
    changed: dict[str, tuple[str, str]] = {}
    current, unknown = [], []
    for method, own in frame.groupby("method", sort=True):
        name = str(method)
        hashes = sorted({str(each)[:_DIGITS] for each in own["method_hash"].dropna()})
        if name not in now or not hashes:
            unknown.append(name)
        elif hashes in ([now[name]], [as_good(name, own)]):
            current.append(name)
        else:
            changed[name] = ", ".join(each for each in hashes if each != now[name]), now[name]
    return State(page, changed, tuple(current), tuple(unknown), _of_one_draw(frame))


def state_of_text(page: str, text: str, now: Mapping[str, str]) -> State:
    """Return the same of a page that has no rows, but names its methods, see :func:`benchmarks.page.made_with`."""
    named = {name: settings for name, _, settings in MADE_WITH.findall(text)}
    changed = {name: (was, now[name]) for name, was in named.items() if name in now and now[name] != was}
    for was in re.findall(rf"{MULTIPLE} (\d+)", text):
        if int(was) != multiple.VERSION:
            changed[MULTIPLE] = was, str(multiple.VERSION)
    return State(page, changed, tuple(name for name, was in named.items() if now.get(name) == was), ())


def _of_one_draw(frame: pd.DataFrame) -> int:
    """Return how many ok rows score one draw of a method that has more of them."""
    if not {"draw_rmse", "point_rmse"} <= set(frame.columns):
        return 0
    scored = frame["scored_draws"] if "scored_draws" in frame else pd.Series(float("nan"), index=frame.index)
    drawn = (frame["draw_rmse"] != frame["point_rmse"]) & frame["draw_rmse"].notna()
    return int(((frame["status"] == "ok") & drawn & scored.isna()).sum())


def states(folder: Path, record: Path, now: Mapping[str, str]) -> Iterable[State]:
    """Yield the state of each page of ``folder``: with rows in a CSV, without them, then of the tables of record.

    Args:
        folder: of the pages.
        record: results folder of record; it may be absent.
        now: method -> hash.
    """
    with_rows = set()
    for path in sorted(folder.glob("*.csv")):
        frame = pd.read_csv(path, dtype=dict.fromkeys(HASHES, str))
        if {"method", "method_hash"} <= set(frame.columns):
            with_rows.add(f"{path.stem}.md")
            yield state_of(f"{path.stem}.md", frame, now)
    for path in sorted(folder.glob("*.md")):
        if path.name not in ("README.md", "leaderboard.md", *with_rows):  # made from the rows of others
            yield state_of_text(path.name, path.read_text(encoding="utf-8"), now)
    if record.is_dir():
        yield state_of(f"{record.name}/summary.md", pd.DataFrame(read_rows(record)), now)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line per page."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    parser.add_argument("--pages", type=Path, default=HERE, help="folder of the pages and their CSV files (benchmarks)")
    parser.add_argument("--record", type=Path, default=Path("results/paper"), help="rows of record (%(default)s)")
    asked = parser.parse_args(arguments)

    def work() -> None:
        found = list(states(asked.pages, asked.record, hashes_now()))
        for state in found:
            print(state.sentence)
        print(f"{sum(state.stale for state in found)} of {len(found)} pages are stale")

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
