"""The page that has `mice` and R's mice side by side."""

from __future__ import annotations

import pandas as pd

from benchmarks import page
from benchmarks.mice_r_tables import AMOUNTS, MOST_ROWS, RATE

TOLERANCE = 0.1
MEASURES = {"energy": "energy", "crps": "CRPS", "w1": "W1", "brier": "Brier", "bias": "bias", "distinct": "distinct"}
COMPARED = ("energy", "crps", "w1", "brier")
"""Measures whose ratio has a meaning; bias and distinct values are shown side by side."""


def ratio_of_means(ours: pd.Series, theirs: pd.Series) -> tuple[float, float]:
    """Return the ratio of two means over the same seeds, and half its 95 % interval by the delta method, in pairs.

    >>> ratio_of_means(pd.Series([1.1, 2.2]), pd.Series([1.0, 2.0]))[0]
    1.1
    """
    from scipy import stats

    n, ratio = len(ours), float(ours.mean() / theirs.mean())
    error = float((ours - ratio * theirs).std(ddof=1)) / n**0.5 / float(theirs.mean())
    return round(ratio, 12), float(stats.t.ppf(0.975, n - 1)) * error


def page_of(frame: pd.DataFrame) -> list[str]:
    """Return the lines of the page but for where it is from: means over the seeds, side by side."""
    lines, ratios, ways = [], [], list(frame["way"].unique())
    for (kind, name), rows in frame.groupby(["kind", "table"], sort=False):
        by_way = {way: rows[rows["way"] == way].set_index("seed") for way in ways}
        for measure, label in MEASURES.items():
            if measure not in rows or rows[measure].isna().all():
                continue
            pairs = pd.DataFrame({way: by_way[way][measure] for way in ways}).dropna()
            our, theirs = (pairs[way] for way in ways)
            apart = our - theirs
            error = apart.std(ddof=1) / len(apart) ** 0.5
            compared = "—"
            if measure in COMPARED:
                ratio, half = ratio_of_means(our, theirs)
                ratios.append(ratio)
                compared = f"{ratio:.3f} ± {half:.3f}"
            cells = [page.value_text(float(each.mean())) for each in (our, theirs)]
            lines.append(
                [str(kind), str(name), label, str(len(pairs)), *cells, compared, f"{apart.mean():+.2g} ± {error:.2g}"]
            )
    beyond = sum(abs(ratio - 1) > TOLERANCE for ratio in ratios)
    heads = ["kind", "table", "measure", "seeds", *ways, "ratio ± 95 %", "difference ± standard error"]
    amounts = "; ".join(
        f"{kind}: {chains} chains of {rounds} rounds, {chains * rounds} of one where one column has holes"
        for kind, (chains, rounds) in AMOUNTS.items()
        if kind in set(frame["kind"])
    )
    return [
        "# `mice` beside R's mice",
        "",
        f"The same tables and hidden cells, as many chains and rounds in both ({amounts}), means over the seeds."
        " pmm: predictive mean matching from five donors; cart: donors from the leaves of one tree; rf: of ten"
        f" randomised trees. UCI and titanic (without boat and body, complete rows): at most {MOST_ROWS} rows, MCAR"
        f" {RATE:g}. quadratic: y = x² - 1 + .7 e, 400 rows, y hidden where |x| is small. noise: y independent of x."
        " mixed: two numbers and two categories (R's pmm: logreg, polyreg). Energy distance of the rows and W1 of the"
        " hidden cells: means over the completed tables; CRPS and Brier score: of all together. Standardised; lower is"
        " better. bias: mean of the hidden cells less that of the true ones; distinct: share of distinct values among"
        " the hidden cells. Made by `python -m benchmarks.mice_r`.",
        "",
        *page.table(heads, lines, left=3),
        f"- {len(ratios) - beyond} of {len(ratios)} ratios are within {TOLERANCE:.0%} of 1.",
        "- mixed, pmm: of a category of three and more values, R's polyreg draws from fitted probabilities, without a"
        " draw of the parameters; `mice` draws them too, by bootstrapped rows. Its tables differ from one another by"
        " what the data leave open, and each is a little farther from the truth.",
        "- rf: ranger leaves a node whole if none of the columns that its split may use varies in it; here, as in"
        " scikit-learn, another column is used, so that leaves are smaller where columns have few values (titanic)."
        " R reads a category of k values as k - 1 columns, `mice` as k, so that others are used less often (mixed).",
    ]
