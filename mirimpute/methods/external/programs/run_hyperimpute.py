"""A plugin of hyperimpute 0.1.17 with the library's defaults (Jarrett et al. 2022): one completed table.

It gets numbers standardised by their observed cells, because its authors scale a table first, and half of its plugins
depend on it; and categories as their numbers, which is what the library makes of strings itself. It computes on one
thread: left alone it takes all cores or half of them, a parallel forest adds its trees up in the order in which they
finish, so that two runs differ in the last bits, and its models are so small that more threads make it slower.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
from rival import Task


def main() -> None:
    """Complete the table with the plugin that the first argument names."""
    warnings.simplefilter("ignore")
    pd.set_option("mode.copy_on_write", False)  # with it, its iterative methods return mean imputation
    import torch
    from hyperimpute.plugins.imputers import Imputers
    from loguru import logger
    from threadpoolctl import threadpool_limits

    task = Task()
    multiprocessing.cpu_count = lambda: 1
    torch.set_num_threads(1)
    swallowed: list[tuple[str, str]] = []

    def keep(message: Any) -> None:
        """Keep an error that the library logs and goes on from."""
        swallowed.append((message.record["level"].name, str(message.record["message"]).strip()))
        print(f"hyperimpute {swallowed[-1][0]}: {swallowed[-1][1]}", file=sys.stderr)

    with threadpool_limits(limits=1):
        try:
            plugin = Imputers().get(task.argument, random_state=task.seed)
        except ValueError:  # the library swallows the import error
            if task.argument != "miracle":
                raise
            print(
                "hyperimpute's miracle needs TensorFlow: pip install miracle-imputation tensorflow, beside hyperimpute"
            )
            sys.exit(69)
        logger.remove()
        logger.add(keep, level="ERROR", format="{message}")
        task.start()
        x, numbers = task.coded, [kind != "categorical" for kind in task.kinds]
        mean, spread = np.where(numbers, np.nanmean(x, axis=0), 0.0), np.where(numbers, np.nanstd(x, axis=0), 1.0)
        spread = np.where(spread > 0, spread, 1.0)
        frame = pd.DataFrame((x - mean) / spread, columns=task.table.columns)
        for stage in (1, 2):  # its constructors leave the generators at 0, whatever seed they are given
            random.seed(task.seed + stage)
            np.random.seed(task.seed % 2**31 + stage)  # noqa: NPY002 (the library draws from it)
            torch.manual_seed(task.seed + stage)
            completed = plugin.fit(frame.copy()) if stage == 1 else plugin.transform(frame.copy())
    fatal = next((text for level, text in swallowed if level == "CRITICAL"), "")
    if fatal:
        sys.exit(f"hyperimpute's {task.argument} went on after an error: {fatal}")
    notes = [f"the library swallowed {len(swallowed)} error(s), see log.txt"] if swallowed else []
    table = task.decoded(np.array(completed, dtype=float) * spread + mean)
    task.finish([table], "hyperimpute", draws=False, notes=notes)


if __name__ == "__main__":
    main()
