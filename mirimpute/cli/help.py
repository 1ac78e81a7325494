"""The text of ``mirimpute-bench --help``. The first line of each file under ``conf/`` describes it."""

from __future__ import annotations

import dataclasses

from mirimpute.bench.conf_location import descriptions
from mirimpute.bench.config import CellConfig

_HEAD = """\
mirimpute-bench: hide cells of a table, let a method fill them in, and score the result.

  mirimpute-bench method=mirf dataset=letter                        one cell
  mirimpute-bench -m method=mirf,mean,ice seed=0,1,2                a sweep of cells, one after the other
  mirimpute-bench -m 'seed=range(10)' hydra/launcher=local          the same on all cores; slurm: docs/sweeps.md
  mirimpute-bench dataset=uci/wine mechanism=mar missing_rate=0.4   any value of the configuration
  mirimpute-bench method=mirf method.rounds=3 method.name=mirf_3    a method's parameter, under its own label
  mirimpute-bench method=mirf --cfg job                             print the configuration instead of running it

"""
_TAIL = """\
Tables and figures of what was run: mirimpute-report. Prefetch data: mirimpute-data fetch NAME. Hydra's own options:
--hydra-help. A traceback instead of a sentence: HYDRA_FULL_ERROR=1."""

_OPTIONS = {
    "missing_rate": "fraction of the cells to hide, in (0, 1)",
    "seed": "of the hidden cells and of the method",
    "results_dir": "folder that rows are written to",
    "device": "torch device: cpu, cuda, cuda:N",
    "threads": "computing threads of the imputation (null: all)",
    "timeout_s": "seconds after which a method is stopped (null: never)",
    "memory_mb": "MiB of an imputation above which it is stopped",
    "resume": "true: skip a cell that has a row; failed: one that is ok",
    "force": "compute every cell again, whatever resume says",
    "save_tables": "also keep truth, incomplete, point and draw as Parquet",
}


def bench_help() -> str:
    """Return the help text: options, then methods, datasets, mechanisms, protocols and experiments with a line each."""
    defaults = {field.name: field.default for field in dataclasses.fields(CellConfig)}
    options = "".join(
        f"  {name:<13} {text:<55} default {'null' if defaults[name] is None else str(defaults[name]).lower()}\n"
        for name, text in _OPTIONS.items()
    )
    parts = [_HEAD, "options (key=value):\n" + options]
    for group in ("method", "dataset", "mechanism", "protocol", "experiment"):
        names = descriptions(group)
        width = max((len(name) for name in names), default=0)
        parts.append(f"{group}=\n" + "".join(f"  {name:<{width}}  {text}\n" for name, text in names.items()))
    return "\n".join([*parts, _TAIL])
