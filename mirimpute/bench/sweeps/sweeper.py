"""The sweeper: it lists and checks the cells, downloads and checks the data, writes the plan and calls a launcher."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import OmegaConf

from mirimpute.bench.config import check_numbers
from mirimpute.bench.sweeps.compose import Composer, check_different, check_swept_keys, choices, covering
from mirimpute.bench.sweeps.door import LOOKED_AT, check_running, check_tables, decides
from mirimpute.bench.sweeps.schema import cell_config, part_config


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
            UserError: some cannot be composed, a table cannot be used, no cell can be hidden as it is asked for, or the
                results folder cannot be written.
        """
        from mirimpute.bench.results.journal import Plan, write_plan
        from mirimpute.bench.results.layout import check_writable
        from mirimpute.bench.sweeps.leftovers import remove_leftovers

        given = {argument.split("=")[0] for argument in arguments}
        defaults = [f"{key}={values}" for key, values in self._params.items() if key not in given]
        values = choices([*defaults, *arguments], self._loader)
        composer = Composer(self._loader, self._config)
        seen: dict[str, str] = {}
        for place, overrides in enumerate(covering(values)):
            config = composer.compose(overrides)
            check_numbers(OmegaConf.to_container(config))
            check_different(values, place, config, seen)
            if place < LOOKED_AT:
                cell_config(config)  # what cannot be one has no row that could say so
        check_swept_keys(values)
        check_running(values, composer)
        check_tables(values, composer)
        results_dir = Path(self._config.results_dir)
        check_writable(results_dir)
        remove_leftovers(results_dir)
        cells = [list(combination) for combination in itertools.product(*values)]
        sweep_dir = Path(self._config.hydra.sweep.dir)
        methods = _methods(cells, composer)
        write_plan(sweep_dir, Plan({name: count for name, (_, count) in methods.items()}, self._task.command))
        self._task.begin(sweep_dir, list(methods.values()))  # for who called Hydra
        try:
            return self._launcher.launch(cells, initial_job_idx=0)
        finally:
            with contextlib.suppress(OSError):  # of processes that were killed meanwhile
                remove_leftovers(results_dir)


def _methods(cells: Sequence[Sequence[str]], composer: Composer) -> dict[str, tuple[Any, int]]:
    """Return label -> configuration of one of its cells, and their number."""
    counts = Counter(tuple(each for each in overrides if decides(each, "method")) for overrides in cells)
    firsts = {tuple(each for each in cell if decides(each, "method")): cell for cell in reversed(cells)}
    found: dict[str, tuple[Any, int]] = {}
    for overrides, count in counts.items():
        config = composer.compose(firsts[overrides])
        name = part_config(config, "method").name
        found[name] = config, count + found.get(name, (None, 0))[1]
    return found
