"""Which method to use, in a sentence, and how certain that is: from rows of several methods on the same cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.bench.results.journal import read_progress, sweeps
from mirimpute.errors import counted
from mirimpute.methods.sanity import few_rows_note
from mirimpute.report.case import Row
from mirimpute.report.contents import label_datasets
from mirimpute.report.markup import number
from mirimpute.report.measures import FEWEST_DRAWS, SECONDS, metric_measure
from mirimpute.report.over_datasets import MAX_CASES

if TYPE_CHECKING:
    from mirimpute.report.collect import Collection

ERRORS = {"point_rmse": ("numbers", " standard deviations"), "point_error_rate": ("categories", "")}
"""The errors that the advice is about -> of which cells, and in what unit."""
DISTRIBUTION = "draw_energy"
WITHOUT_TRUTH = "draws_iscore"
_FEWEST_MASKS = 3
_SURE, _LIKELY = 0.01, 0.05
_DECIMALS = 12  # means that agree to so many are equal


@dataclass(frozen=True)
class Lead:
    """The best method by one measure, beside the next.

    Attributes:
        field: the measure.
        best, second: names; of methods with equal means the fastest is the best.
        tied: names of the methods whose mean equals that of the best.
        mean, sd: of the best over masks.
        difference: by how much the mean of the best is below that of the second.
        wins: masks on which the best was below the second.
        masks: masks that all methods share.
        test, p: two-sided p-value that best and second are the same, of the paired t test over masks; of the sign test
            where the difference is the same on all masks, since a t test then knows no error. Two-sided, because which
            of the two is the best was found on the same masks.
    """

    field: str
    best: str
    second: str
    tied: tuple[str, ...]
    mean: float
    sd: float
    difference: float
    wins: int
    masks: int
    test: str
    p: float

    @property
    def gain(self) -> float | None:
        """The difference as a fraction of the second's mean, None where a mean is negative or both are 0."""
        second = self.mean + self.difference
        return self.difference / second if self.mean >= 0 and second > 0 else None


def advice(rows: Sequence[Row], left: Mapping[str, int] | None = None) -> list[str]:
    """Return sentences for each dataset with at least two methods on three masks or more; none where there is none.

    Every error that the rows have gets a sentence: that of numbers, that of categories. A method with a mask that
    failed is left out and named. Masks of one table share its rows, so the p-value is about other masks of this table,
    not about other tables.

    Args:
        rows: result rows.
        left: method -> number of its cells that a sweep has not computed yet: nothing is sure before they are.
    """
    sentences = []
    left = {method: count for method, count in (left or {}).items() if count}
    rows = [row for row in rows if row["method"] not in left]
    keys = ("dataset", "mechanism", "missing_rate", "protocol")
    datasets, _ = label_datasets(rows)
    rows = [{**row, "dataset": dataset} for row, dataset in zip(rows, datasets, strict=True)]
    cases = dict.fromkeys(tuple(row[key] for key in keys) for row in rows)
    for case in cases:
        own = [row for row in rows if tuple(row[key] for key in keys) == case]
        sentences += [f"{_label(case, cases)}: {sentence}." for sentence in _of_case(own, bool(left))]
    if sentences and left:
        missing = ", ".join(f"{method} ({counted(count, 'cell')})" for method, count in left.items())
        sentences.append(f"This is not the last word: the sweep is not finished, and has still to compute {missing}.")
    return sentences


def _label(case: tuple[Any, ...], cases: Iterable[tuple[Any, ...]]) -> str:
    """Return the dataset of the case, with what tells it from other cases of the dataset.

    >>> _label(("iris", "mar", 0.3, "default"), [("iris", "mar", 0.3, "default"), ("iris", "mcar", 0.3, "default")])
    'iris mar'
    """
    dataset, mechanism, rate, protocol = case
    others = [each for each in cases if each[0] == dataset]
    words = (mechanism, f"{rate:g}", f"[{protocol}]")
    values = list(zip(*others, strict=True))[1:]
    telling = [word for word, each in zip(words, values, strict=True) if len(set(each)) > 1]
    return " ".join((dataset, *telling))


def advice_on(collection: Collection) -> list[str]:
    """Return :func:`advice` on what a report shows, by its labels; none on more cases than anybody reads about."""
    if len(collection.cases) > MAX_CASES:
        return []
    last = sweeps(collection.results_dir)[-1:]
    progress = read_progress(last[0]) if last else None
    left = {} if progress is None else {method: count["left"] for method, count in progress.by_method.items()}
    return advice([{**run.row, "method": run.label} for run in collection.runs], left)


def lead(rows: Sequence[Row], field: str) -> Lead | None:
    """Return who leads by ``field`` (smaller is better), or None with fewer than two methods or three masks."""
    values = _values(rows, field)
    if len(values) < 2:
        return None
    masks = sorted(set.intersection(*(set(own) for own in values.values())))
    if len(masks) < _FEWEST_MASKS:
        return None
    table = {method: np.array([own[seed] for seed in masks]) for method, own in values.items()}
    means = {method: round(float(own.mean()), _DECIMALS) for method, own in table.items()}
    best, second, *others = sorted(table, key=lambda method: (means[method], _seconds(rows, method), method))
    below = table[second] - table[best]
    test, p = _test(below)
    return Lead(
        field=field,
        best=best,
        second=second,
        tied=tuple(method for method in (second, *others) if means[method] == means[best]),
        mean=means[best],
        sd=float(table[best].std(ddof=1)),
        difference=means[second] - means[best],
        wins=int((below > 0).sum()),
        masks=len(masks),
        test=test,
        p=p,
    )


def _test(below: np.ndarray) -> tuple[str, float]:
    """Return test and p-value for differences that are positive where the best is better, (n_masks,)."""
    from scipy.stats import ttest_1samp

    if below.std(ddof=1) / len(below) ** 0.5 > 10**-_DECIMALS:
        return "paired t test", float(ttest_1samp(below, 0.0).pvalue)
    return "sign test", 2.0 * 0.5 ** len(below) if below.mean() > 10**-_DECIMALS else 1.0


def _of_case(rows: Sequence[Row], unfinished: bool) -> list[str]:
    failed = sorted({str(row["method"]) for row in rows if row["status"] != "ok"})
    sound = [row for row in rows if row["method"] not in failed]
    errors = [found for found in (lead(sound, field) for field in ERRORS) if found is not None]
    if not errors:
        return []
    sentences = [_of_error(found, sound, alone=len(errors) == 1, unfinished=unfinished) for found in errors]
    too_few = _too_few_rows(sound)
    if too_few:
        sentences.append(f"no word on the distribution: {too_few}")
    # A single answer of a method is not a draw: the method cannot give more of them. Few of them are mostly chance.
    drawing = [row for row in sound if (row.get("n_draws") or 0) >= FEWEST_DRAWS]
    found = lead(drawing, DISTRIBUTION)
    if found is not None and not too_few and not {each.best for each in errors} <= {found.best, *found.tied}:
        sentences.append(
            f"for the distribution (variances, correlations) use the draws of {_names(found)}, "
            f"{_name(DISTRIBUTION)} over {found.masks} masks{_cells(sound, found)}, {_comparison(found, unfinished)}"
        )
    judged = lead(drawing, WITHOUT_TRUTH)
    if judged is not None:
        sentences.append(
            f"by the {_name(WITHOUT_TRUTH)}, which hides observed cells of {_scored_columns(drawing)} column(s) and "
            f"needs no truth, use the draws of {_names(judged)}: {number(judged.mean)} on average "
            f"(sd between masks {number(judged.sd)}) over {judged.masks} masks{_cells(sound, judged)}, "
            f"{_comparison(judged, unfinished)}"
        )
    if failed:
        sentences.append(f"left out because a mask failed: {', '.join(failed)}")
    return sentences


def _scored_columns(rows: Sequence[Row]) -> int:
    """Return on how many columns the score rests that needs no truth, the fewest of any row."""
    return min(int(row.get("iscore_columns") or 0) for row in rows)


def _too_few_rows(rows: Sequence[Row]) -> str:
    """Return on how few rows the distances rest, "" where they rest on enough."""
    notes = (few_rows_note(row.get("w2_rows") or 0, row.get("n_rows") or 0) for row in rows)
    return next((note for note in notes if note), "")


def _of_error(found: Lead, rows: Sequence[Row], *, alone: bool, unfinished: bool) -> str:
    cells, unit = ERRORS[found.field]
    return (
        f"{'' if alone else f'for {cells} '}use {_names(found)}: the {_name(found.field)} on hidden cells is the "
        f"smallest, {number(found.mean)}{unit} on average (sd between masks {number(found.sd)}) over "
        f"{found.masks} masks{_cells(rows, found)}, "
        f"{_comparison(found, unfinished)}{_cheaper(rows, found)}{_iscore_of(rows, found)}"
    )


def _iscore_of(rows: Sequence[Row], found: Lead) -> str:
    """Return the I-score of the best beside that of the method with the best one, "" where it has none."""
    drawing = [row for row in rows if (row.get("n_draws") or 0) >= FEWEST_DRAWS]
    means = {method: float(np.mean(list(own.values()))) for method, own in _values(drawing, WITHOUT_TRUTH).items()}
    if found.best not in means or len(means) < 2:
        return ""
    place = sorted(means, key=lambda method: (means[method], method)).index(found.best) + 1
    return f"; by the {_name(WITHOUT_TRUTH)} of its draws, {number(means[found.best])}, it is {place} of {len(means)}"


def _cells(rows: Sequence[Row], found: Lead) -> str:
    """Return how many scored cells of its kind each mask has, "" where the rows do not say."""
    own = [row for row in rows if row["method"] == found.best]
    if any(row.get("scored_cells") is None or row.get("scored_categories") is None for row in own):
        return ""
    categories = [row["scored_categories"] for row in own]
    counts = {
        "point_rmse": [row["scored_cells"] - of for row, of in zip(own, categories, strict=True)],
        "point_error_rate": categories,
    }.get(found.field, [row["scored_cells"] for row in own])
    few, many = min(counts), max(counts)
    return f" of {few:,} hidden cells" if few == many else f" of {few:,} to {many:,} hidden cells"


def _name(field: str) -> str:
    """Return what figures call the metric.

    >>> _name("point_error_rate")
    'share of wrong categories'
    """
    return metric_measure(field).label.partition(",")[0]


def _names(found: Lead) -> str:
    return " or ".join((found.best, *found.tied))


def _values(rows: Sequence[Row], field: str) -> dict[str, dict[int, float]]:
    values: dict[str, dict[int, float]] = {}
    for row in rows:
        if row.get(field) is not None:
            values.setdefault(str(row["method"]), {})[int(row["seed"])] = float(row[field])
    return values


def _comparison(found: Lead, unfinished: bool) -> str:
    """Return by how much the best is below the next, and how sure that is."""
    if found.tied:
        return "equal for all of these"
    return f"{_amount(found)} below {found.second}, the next; {_sureness(found, unfinished)}"


def _amount(found: Lead) -> str:
    if found.gain is None:
        return number(found.difference)
    return f"{100 * found.gain:.1f} %" if found.gain >= 0.001 else "less than 0.1 %"


def _sureness(found: Lead, unfinished: bool) -> str:
    chosen = "not corrected for the choice of these two"
    text = f"{found.best} was better on {found.wins} of {found.masks} masks ({found.test}, p = {found.p:.2g}, {chosen})"
    if unfinished:
        return f"of the methods that are done so far: {text}"
    if found.p < _SURE:
        return f"this is clear on these masks: {text}"
    if found.p < _LIKELY:
        return f"this is likely: {text}"
    return f"this is not sure, {found.second} may do as well: {text}"


def _cheaper(rows: Sequence[Row], found: Lead) -> str:
    """Return that the next method is much faster, where the choice is not sure."""
    seconds = {method: _seconds(rows, method) for method in (found.best, found.second)}
    if found.p < _LIKELY or seconds[found.second] > 0.5 * seconds[found.best]:
        return ""
    return f"; {found.second} takes {number(seconds[found.second])} s instead of {number(seconds[found.best])} s"


def _seconds(rows: Sequence[Row], method: str) -> float:
    return float(np.median([SECONDS.value(row) or 0.0 for row in rows if row["method"] == method]))
