"""Many cases in one figure: one case per setting, with its datasets in place of seeds."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from mirimpute.report.case import Case, Run
from mirimpute.report.collect import Collection
from mirimpute.report.measures import CPU_SECONDS

MAX_CASES = 12
"""What one page of panels holds; figures of more cases show means over datasets, the tables show every case."""
NOT_RUN = "not run"


def mean_over_many(collection: Collection) -> Collection:
    """Return ``collection`` itself, or :func:`mean_over_datasets` of it where its cases do not fit on a page."""
    return mean_over_datasets(collection) if len(collection.cases) > MAX_CASES else collection


def mean_over_datasets(collection: Collection) -> Collection:
    """Return the collection with one case per mechanism, rate and protocol, and one line per dataset in place of seeds.

    The value of a line is the mean over the seeds that have one, with the standard error of that mean where each has
    its own. A dataset with a failed seed also has a line with the status of that seed, and a dataset that a method was
    not run on has a line with status ``not run``, so that a mean over fewer datasets is always visible. Warnings of the
    sanity gate are dropped: figures do not show them.
    """
    setting = ["mechanism", "missing_rate", "protocol"]
    datasets: dict[tuple[str, float, str], list[str]] = {}
    for case in collection.cases:
        datasets.setdefault((case.mechanism, case.missing_rate, case.protocol), []).append(case.dataset)
    names = {key: f"{len(found)} datasets" if len(found) > 1 else found[0] for key, found in datasets.items()}
    pooled = {case: replace(case, dataset=names[_setting(case)]) for case in collection.cases}
    runs = tuple(Run(run.row, run.label, pooled[run.case]) for run in collection.runs)
    frame = collection.frame
    fields = [measure.field for measure in (*collection.measures, CPU_SECONDS)]
    keys = ["method", *setting, "dataset"]
    ok = frame["status"] == "ok"
    groups = frame[ok].groupby(keys, sort=False)
    found = groups[fields].mean()
    for error in (f"{name}_se" for name in fields if f"{name}_se" in frame):
        seeds = groups[error].count().where(lambda count: count > 0)
        found[error] = (
            frame[ok].assign(square=frame[error] ** 2).groupby(keys, sort=False)["square"].sum() ** 0.5 / seeds
        )
    found = found.reset_index().assign(status="ok", reason="", gate="")
    broken = frame[~ok].drop_duplicates(keys)[[*keys, "status", "reason"]].assign(gate="")
    everywhere = pd.DataFrame(
        [(*key, name) for key, many in datasets.items() for name in many], columns=[*setting, "dataset"]
    )
    wanted = frame[["method", *setting]].drop_duplicates().merge(everywhere, on=setting)
    tried = frame[keys].drop_duplicates()
    absent = wanted.merge(tried, on=keys, how="left", indicator=True).query("_merge == 'left_only'")[keys]
    lines = pd.concat([found, broken, absent.assign(status=NOT_RUN, reason="", gate="")], ignore_index=True)
    order = {name: index for index, name in enumerate(sorted({case.dataset for case in collection.cases}))}
    lines["seed"] = lines["dataset"].map(order)
    lines["dataset"] = [names[key] for key in lines[setting].itertuples(index=False, name=None)]
    return replace(collection, runs=runs, frame=lines[list(frame.columns)], unit="datasets")


def _setting(case: Case) -> tuple[str, float, str]:
    return case.mechanism, case.missing_rate, case.protocol
