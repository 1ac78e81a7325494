"""How long it will take to compare methods on a file, said before it: by one short trial of each method."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from mirimpute.cli.long_work import isolated_seconds
from mirimpute.imputers.forecast import Forecast, about, forecast_of_fit

_TRIAL_S, _TRIALS_S = 5.0, 20.0
"""Seconds of a trial, and of all of them, at most."""


def comparison_ahead(parts: Sequence[tuple[Any, int]]) -> str:
    """Return how long the cells of a comparison will take one after the other; "" where some may be there already.

    Args:
        parts: for each method the composed configuration of one of its cells, and how many there are.
    """
    from mirimpute.bench.sweeps.schema import cell_config
    from mirimpute.datasets.location import data_directory
    from mirimpute.imputers.table_model import Lesson

    configs = [(cell_config(each), count) for each, count in parts]
    if any(config.resume for config, _ in configs):
        return ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they were told when the table was checked
        table = configs[0][0].dataset.load(data_directory())
    start, found = time.monotonic(), {}
    for config, count in configs:
        left = _TRIALS_S - (time.monotonic() - start)
        fits = count * (2 if config.protocol.iscore_columns else 1)  # the I-score takes about as long as the cell
        lesson = Lesson(config.method, table.values, table.columns, device=config.device)
        limit = min(_TRIAL_S, left)
        found[config.method.name] = forecast_of_fit(lesson, isolated_seconds, fits, 0.0, limit) if left > 0 else None
    return sentence(found, sum(count for _, count in configs))


def sentence(found: Mapping[str, Forecast | None], cells: int) -> str:
    """Return the forecasts of methods as a sentence.

    >>> said = sentence({"mean": Forecast(1, 5, 300, 1200), "mice": Forecast(60, 170, 300, 1200), "mirf": None}, 15)
    >>> said.partition(", judged")[0]
    '15 cells will compute for more than 60 s (mean 5 s, mice 60 s to 3 min, mirf not known)'
    """
    known = [each for each in found.values() if each is not None]
    if not known:
        return ""
    low, high = sum(each.low for each in known), sum(each.high for each in known)
    high = high if len(known) == len(found) else math.inf
    methods = ", ".join(
        f"{name} {_range(each.low, each.high) if each else 'not known'}" for name, each in found.items()
    )
    rows, of = max(each.rows for each in known), known[0].of
    taken = f"{'' if math.isinf(high) else 'about '}{_range(low, high)}"
    return (
        f"{cells} cells will compute for {taken} ({methods}), judged by short trials of {rows:,} of the {of:,} rows; "
        "each takes some seconds more to start and to be scored"
    )


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"more than {about(low)}"
    return about(low) if about(low) == about(high) else f"{about(low)} to {about(high)}"
