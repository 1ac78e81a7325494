"""`write_page`: the page from a folder of rows, in one file that asks nothing of the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mirimpute import __version__
from mirimpute.bench.results.disk import open_new
from mirimpute.report.advice import advice_on
from mirimpute.report.collect import Collection
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.measures import DRAW_NOTE
from mirimpute.report.page.assets import datatables_script, datatables_style, inline, own, vega_script
from mirimpute.report.page.charts import chart_specs
from mirimpute.report.page.column_errors import columns_data
from mirimpute.report.page.diagrams import diagrams, method_variables
from mirimpute.report.page.page_data import page_data
from mirimpute.report.page.rounds import rounds_data
from mirimpute.report.page.template import policy, template
from mirimpute.report.ranking import Ranking

SHOWN_FIRST = ("point_rmse", "draw_energy", "seconds")
"""The measures of the overview."""
SCRIPTS = ("format.js", "state.js", "tables.js", "charts.js", "page.js")


def write_page(
    path: Path, collection: Collection, summaries: Sequence[MeasureTable], rankings: Sequence[Ranking]
) -> Path:
    """Write the page and return its path; equal rows give equal bytes.

    All text from rows reaches the page through Jinja's escaping or as JSON that the scripts write as text; the
    page's own policy forbids every script but the ones that it was written with, and every connection.

    Args:
        path: the file.
        collection: all rows.
        summaries: one table per measure.
        rankings: of the measures that could be ranked.

    Raises:
        OSError: the file cannot be written.
    """
    data = page_data(collection, summaries, rankings, path.parent)
    data |= {"rounds": rounds_data(collection), "columns": columns_data(collection), "specs": chart_specs()}
    scripts = [datatables_script(), vega_script(), inline("\n".join(own(name) for name in SCRIPTS))]
    text = template(own("page.html")).render(
        version=__version__,
        policy=policy(scripts, evaluates=True),
        styles=[datatables_style(), own("page.css"), method_variables(collection.methods)],
        scripts=scripts,
        data=data,
        diagrams=diagrams(rankings, collection.methods),
        overview=_overview(collection, rankings),
        advice=advice_on(collection),
        notes=[DRAW_NOTE, *collection.notes],
        measures=collection.measures,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_new(path) as file:
        file.write(text)
    return path


def _overview(collection: Collection, rankings: Sequence[Ranking]) -> dict[str, Any]:
    status = Counter(run.row["status"] for run in collection.runs)
    shown = {ranking.measure.field: ranking for ranking in rankings if ranking.measure.field in SHOWN_FIRST}
    return {
        "numbers": [
            ("cells", len(collection.runs)),
            ("datasets", len({case.dataset for case in collection.cases})),
            ("settings", len({collection.column(case)[1] for case in collection.cases})),
            ("methods", len(collection.methods)),
            *((name, status[name]) for name in sorted(status)),
        ],
        "best": [
            {
                "measure": shown[field].measure,
                "places": [
                    (shown[field].methods[index], f"{shown[field].average[index]:.2f}")
                    for index in shown[field].order[:3]
                ],
            }
            for field in SHOWN_FIRST
            if field in shown
        ],
    }
