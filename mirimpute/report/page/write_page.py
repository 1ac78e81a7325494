"""`write_page`: the page from a folder of rows, in one file that asks nothing of the network."""

from __future__ import annotations

import base64
import hashlib
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
    text = _template().render(
        version=__version__,
        policy=_policy(scripts),
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


def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # Sorted keys would change nothing but the order that the scripts show things in.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":"), "allow_nan": False}
    return environment.from_string(own("page.html"))


def _policy(scripts: Sequence[str]) -> str:
    """Return the content security policy: only these scripts, no connection, no image but inline ones.

    Vega compiles its expressions with ``Function``, which the policy calls unsafe-eval.
    """
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return (
        f"default-src 'none'; script-src {hashes} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


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
