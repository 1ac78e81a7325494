"""The sweeper: it lists and checks the cells, downloads and checks the data, writes the plan and calls a launcher."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction

from mirimpute.bench.sweeps.compose import Composer, choices, covering
from mirimpute.bench.sweeps.schema import part_config
from mirimpute.errors import StoreError, UserError

PROGRAM = "mirimpute-bench"


class CellSweeper(Sweeper):
    """Hydra's basic sweeper, except that it does not compose every cell before the first one runs.

    Args:
        params: ``key: values`` to sweep over beside those on the command line, for experiments.
    """

    def __init__(self, params: dict[str, str] | None = None) -> None:
        self._params = dict(params or {})

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: Any) -> None:
        """Take what Hydra gives."""
        self._config = config
        self._loader = hydra_context.config_loader
        self._task: Any = task_function
        self._launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run all combinations.

        Raises:
            UserError: some cannot be composed, a table cannot be used, or the results folder cannot be written.
        """
        from mirimpute.bench.results.journal import Plan, write_plan
        from mirimpute.bench.results.layout import check_writable

        given = {argument.split("=")[0] for argument in arguments}
        defaults = [f"{key}={values}" for key, values in self._params.items() if key not in given]
        values = choices([*defaults, *arguments], self._loader)
        composer = Composer(self._loader, self._config)
        for overrides in covering(values):
            composer.compose(overrides)
        _fetch_and_check(values, composer)
        check_writable(Path(self._config.results_dir))
        cells = [list(combination) for combination in itertools.product(*values)]
        sweep_dir = Path(self._config.hydra.sweep.dir)
        write_plan(sweep_dir, Plan(_methods(cells, composer), self._task.command))
        self._task.sweep_dir = sweep_dir  # for who called Hydra
        return self._launcher.launch(cells, initial_job_idx=0)


def _methods(cells: Sequence[Sequence[str]], composer: Composer) -> dict[str, int]:
    """Return label -> number of cells."""
    counts = Counter(tuple(each for each in overrides if _decides(each, "method")) for overrides in cells)
    found: Counter[str] = Counter()
    for overrides, count in counts.items():
        found[part_config(composer.compose(overrides), "method").name] += count
    return dict(found)


def _decides(override: str, part: str) -> bool:
    """Return whether the override says which part is taken or what it is like: itself or by an experiment."""
    key = override.split("=")[0].lstrip("+~")
    return key in (part, "experiment") or key.startswith(f"{part}.")


def _fetch_and_check(values: Sequence[Sequence[str]], composer: Composer) -> None:
    """Download what the cells need before any worker starts, so that no two download the same, and read each table.

    What is found out about a table is printed here, once for all cells.

    Raises:
        UserError: a table that is here cannot be used.
    """
    from mirimpute.bench.notices import plain_warnings
    from mirimpute.datasets.files import File
    from mirimpute.datasets.location import data_directory

    folder = data_directory()
    for overrides in itertools.product(*(each for each in values if _decides(each[0], "dataset"))):
        dataset = part_config(composer.compose(overrides), "dataset")
        try:
            dataset.fetch(folder)
        except StoreError:
            raise
        except UserError:
            continue  # its cells say so, one by one
        if isinstance(dataset, File) or dataset.is_present(folder):
            with plain_warnings(PROGRAM):
                dataset.load(folder)
