"""The index of the pages, ``benchmarks/README.md``, from their own rows: ``python -m benchmarks.index``."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd

from benchmarks.command import HERE, exit_code, write_text
from benchmarks.frame import HASHES, frame_of
from benchmarks.page import value_text
from benchmarks.stale import State, hashes_now, states
from benchmarks.tables import lists_of
from benchmarks.verdicts import collection_of, table_of
from mirimpute.bench.results.store import read_rows, row_written_ns
from mirimpute.errors import UserError, counted
from mirimpute.report.case_ranks import variant_of_mirf
from mirimpute.report.markup import markdown
from mirimpute.report.statistics import mean_interval

PROGRAM = "index"
RECORD = Path("results/paper")
Answer = Callable[[pd.DataFrame, str], str]
"""From the rows of a page and its text to one sentence."""


def least(*fields: str) -> Answer:
    """Return an answer: how often each method has the least value, by mechanism; of mirf's variants, mirf alone."""

    def answer(frame: pd.DataFrame, _: str) -> str:
        methods = [each for each in frame["method"].unique() if each == "mirf" or not variant_of_mirf(each)]
        collection, said = collection_of(frame, methods), []
        for field in fields:
            table, firsts = table_of(collection, field), defaultdict[str, Counter[str]](Counter)
            for case in table.cases:
                competing = {each: mean for each, mean in table.means(case).items() if each not in table.without_draws}
                if len(competing) > 1:
                    firsts[case.mechanism_words][min(competing, key=competing.__getitem__)] += 1
            each = "; ".join(
                f"{mechanism}, of {counted(found.total(), 'case')}: "
                + ", ".join(f"{name} {count}" for name, count in found.most_common())
                for mechanism, found in firsts.items()
            )
            said.append(f"Least `{field}`: {markdown(each)}.")
        return " ".join(said)

    return answer


def sentence(pattern: str, note: str = "") -> Answer:
    """Return an answer: what the page, which is made from rows, says in words that match, and a note behind it."""

    def answer(_: pd.DataFrame, text: str) -> str:
        found = re.search(pattern, text)
        if found is None:
            raise UserError(f"no page says {pattern!r}: make the page again, or change benchmarks/index.py")
        return found[0] + note

    return answer


def covered(frame: pd.DataFrame, _: str) -> str:
    """Say how many coverages are within two Monte-Carlo errors of 0.95."""
    error = (0.95 * 0.05 / frame["replications"]) ** 0.5
    near = (frame["coverage"] - 0.95).abs() <= 2 * error
    counts = near.groupby(frame["way"]).agg(["sum", "size"])
    each = "; ".join(f"{way} {row['sum']} of {row['size']}" for way, row in counts.iterrows())
    scenarios = counted(frame["scenario"].nunique(), "scenario")
    return f"Coverages within two Monte-Carlo errors of 0.95, of {scenarios} and four quantities: {each}."


def changes(frame: pd.DataFrame, _: str) -> str:
    """Say which changes of mirf move the energy distance by an interval without 0."""
    said = []
    for mechanism, own in frame[frame["status"] == "ok"].groupby("mechanism"):
        wide = own.pivot_table(index=["dataset", "seed"], columns="method", values="draw_energy")
        ends = {name: mean_interval((wide[name] - wide["mirf"]).dropna().to_numpy())[1:] for name in wide}
        worse = [name for name, (low, _) in ends.items() if low > 0]
        better = [name for name, (_, high) in ends.items() if high < 0]
        named = [f"{what}: {', '.join(names)}" for what, names in (("worse", worse), ("better", better)) if names]
        said.append(f"of {len(ends) - 1} changes under {mechanism} {' and '.join(named) or 'none'}")
    return f"Energy distance, intervals without 0 (not corrected for their number): {'; '.join(said)}."


def told(frame: pd.DataFrame, _: str) -> str:
    """Say on how many tables the bits of the pattern are within two standard errors of those of the true rows."""
    rows = frame[frame["status"] == "ok"]
    error = (rows["draw_mi_bits_se"] ** 2 + rows["truth_mi_bits_se"] ** 2) ** 0.5
    near = (rows["draw_mi_bits"] - rows["truth_mi_bits"]).abs() <= 2 * error
    counts = near.groupby(rows["method"]).agg(["sum", "size"])
    each = "; ".join(f"{method} {row['sum']} of {row['size']}" for method, row in counts.iterrows())
    return f"Cells in which `mi_bits` is within two standard errors of that of the true rows: {each}."


def largest(frame: pd.DataFrame, _: str) -> str:
    """Say what the largest tables cost."""
    rows = frame[(frame["status"] == "ok") & (frame["method"] == "mirf")]
    said = []
    for size in ("n_rows", "n_columns"):
        row = rows.loc[rows[size].idxmax()]
        shape = f"{int(row['n_rows']):,} rows of {int(row['n_columns']):,} columns"
        said.append(f"{shape} in {value_text(row['seconds'])} s and {value_text(row['peak_rss_mb'] / 1024)} GiB")
    return f"mirf: {'; '.join(said)}."


def tuned(frame: pd.DataFrame, _: str) -> str:
    """Say what each method gains by tuning, and who is ahead."""
    means = frame[frame["status"] == "ok"].groupby("method")["point_rmse"].mean()
    best = {name: means.get(f"{name}_tuned", means[name]) for name in means.index if "_tuned" not in name}
    ahead = sorted(best, key=best.__getitem__)[:3]
    gains = [means[name] - means[f"{name}_tuned"] for name in best if f"{name}_tuned" in means]
    first = ", ".join(f"{name} {value_text(best[name])}" for name in ahead)
    return (
        f"RMSE of the point, tuned where tuning left the defaults: {first}; the largest gain by tuning is "
        f"{value_text(max(gains))}."
    )


def after_rounds(frame: pd.DataFrame, text: str) -> str:
    """Say what MMD² is before the last round, where the released notebook's is known."""
    last = frame["before_round"].max() - 1
    values = frame[frame["before_round"] == last]["mmd2_all_rows"]
    ends = f"{value_text(values.min())} to {value_text(values.max())}"
    found = re.search(r"\| released notebook \|.*\| ([\d.]+) \|[^|]*\|$", text, re.M)
    if found is None:
        raise UserError("the page of paper_toy has no line of the released notebook: make it again")
    return f"MMD² over all rows before round {last}: {ends} ({len(values)} seeds), the released notebook {found[1]}."


PAGES: dict[str, tuple[str, str, Answer]] = {
    "first": (
        "What does the first command print?",
        "python -m benchmarks.first",
        least("point_rmse", "draw_energy"),
    ),
    "draws": (
        "Which method draws best?",
        "make bench-draws",
        least("draws_crps", "draw_energy", "point_rmse"),
    ),
    "quality": (
        "How good is mirf beside its peers on UCI tables?",
        "make bench-quality",
        least("point_rmse", "draws_crps", "draw_energy"),
    ),
    "mixed": (
        "And on tables with categories?",
        "python -m benchmarks.mixed",
        least("point_rmse", "point_error_rate", "draw_energy_gower"),
    ),
    "shapes": (
        "And on shapes that a linear model misses?",
        "python -m benchmarks.shapes",
        sentence(r"Is mirf within 10 % of the better[^\n]*"),
    ),
    "coverage": ("Do pooled 95 % intervals cover?", "make adem", covered),
    "speed": ("What does mirf cost?", "make bench-speed", largest),
    "parity": (
        "Is each native method as good as its reference?",
        "python -m benchmarks.parity",
        sentence(r"Verdicts: [^\n]*", " A value that is equal or less counts as better, whatever its noise."),
    ),
    "mice_r": (
        "Is `mice` that of R?",
        "python -m benchmarks.mice_r",
        sentence(r"\d+ of \d+ ratios are within [^\n]*"),
    ),
    "tuned": ("What do neural methods gain by tuning?", "python -m benchmarks.tuned", tuned),
    "selection": (
        "What does assuming self-masking cost?",
        "python -m benchmarks.selection",
        sentence(r"Assumed, self-masking tilts \d+ of \d+ MAR tables"),
    ),
    "pattern": ("Can the pattern be told from completed rows?", "python -m benchmarks.pattern", told),
    "ablations": ("What is each part of mirf worth?", "python -m benchmarks.ablations", changes),
    "codes": (
        "Indicators or binary digits for categories?",
        "python -m benchmarks.codes",
        least("point_error_rate", "draws_brier"),
    ),
    "paper_toy": ("Does mirf_paper repeat its paper's example?", "python -m benchmarks.paper_toy", after_rounds),
}
"""Page -> question, command, answer from its rows."""


def index_of(folder: Path, record: Path) -> str:
    """Return the index in Markdown.

    Args:
        folder: of the pages and their CSV files.
        record: results folder of record.
    """
    state = {each.page: each for each in states(folder, record, hashes_now())}
    lines = [
        "# What was measured",
        "",
        "Made by `make index` from the rows of each page. *Stale*: a method has changed since its rows were computed "
        "(`make stale` names each). Version 12 of mirf gives tables of up to 100 columns the values of version 11. "
        "Rows do not record the machine; all are of two shared cores without a GPU: those of version 12 of an Intel "
        "Xeon (coverage: of both; the rows of record: of an AMD EPYC), all others of an AMD EPYC. Another processor "
        "rounds otherwise, and where a tree splits by that, a value changes. `docs/benchmarks.md` says how each is run "
        "and what it does not show; "
        "`benchmarks/leaderboard.md` ranks the methods of `benchmarks/draws.md`. Counts are no tests: these are on the "
        "pages.",
        "",
        "| question | answer, from the rows | rows | date | versions | command |",
        "|---|---|---|---|---|---|",
    ]
    frames = {name: pd.read_csv(folder / f"{name}.csv", dtype=dict.fromkeys(HASHES, str)) for name in PAGES}
    for name, (question, command, answer) in PAGES.items():
        text = (folder / f"{name}.md").read_text(encoding="utf-8")
        asked = [f"[{question}]({name}.md)", answer(frames[name], text)]
        lines.append(_line([*asked, _known(state[f"{name}.md"]), _date(text), _versions(frames[name], text), command]))
    if record.is_dir():
        rows = read_rows(record)
        frame = frames[f"{record.name}/summary.md"] = frame_of(rows)
        day = datetime.fromtimestamp(max(row_written_ns(record, row) or 0 for row in rows) / 1e9, timezone.utc).date()
        asked = [
            f"What do the rows of record say? `{record}/summary.md`",
            least("point_rmse", "draw_energy")(frame, ""),
        ]
        known = _known(state[f"{record.name}/summary.md"])
        lines.append(
            _line([*asked, known, day.isoformat(), _versions(frame, str(frame["versions"][0])), "make paper-small"])
        )
    lines += ["", "## Tables of each page", "", "Which are to choose on, and which to judge on: `docs/tables.md`.", ""]
    lines += [
        f"- {name}: {markdown(lists_of(frame['dataset']))}." for name, frame in frames.items() if "dataset" in frame
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells[:-1])} | `{cells[-1]}` |"


def _known(state: State) -> str:
    return "**stale**" if state.stale else "current" if state.current else "cannot be told"


def _date(text: str) -> str:
    found = re.search(r"^- (?:Page of )?(\d{4}-\d\d-\d\d)", text, re.M)
    return found[1] if found else "not recorded"


def _versions(frame: pd.DataFrame, text: str) -> str:
    """Return the version of mirf that made the rows, and those of the libraries that matter most."""
    named = re.findall(r"(mirf\w*|mice\w*) version (\d+)", text)
    if "way" in frame:  # the page names methods that it may not have run
        named = [each for each in named if each[0] in {way.split()[0] for way in frame["way"]}]
    if "method_version" in frame:
        of_mirf = frame.loc[frame["method"] == "mirf", "method_version"].dropna().unique()
        named = [("mirf", f"{version:g}") for version in of_mirf]
    libraries = re.findall(
        r"(numpy|scikit-learn|torch|R|mice) (\d[\w.]*\w)", " ".join(re.findall(r"python \d.*", text))[:300]
    )
    found = [f"{name} version {version}" for name, version in dict.fromkeys(named)]
    return ", ".join([*found, *(f"{name} {version}" for name, version in libraries)]) or "not recorded"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write README.md."""
    return exit_code(PROGRAM, lambda: write_text(HERE / "README.md", index_of(HERE, RECORD)))


if __name__ == "__main__":
    sys.exit(main())
