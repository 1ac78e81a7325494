"""What a sweep is told before its first cell: tables that cannot be used, and cells that cannot be hidden."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from mirimpute.bench.config import CellConfig
from mirimpute.bench.sweeps.compose import Composer, covering
from mirimpute.bench.sweeps.schema import cell_config, part_config
from mirimpute.errors import NotInstalledError, StoreError, UserError, warn

PROGRAM = "mirimpute-bench"

LOOKED_AT = 200
"""Cells that are looked at before a sweep."""


def check_running(values: Sequence[Sequence[str]], composer: Composer) -> None:
    """Check what needs no table: the methods and their parameters, seeds, limits.

    Args:
        values, composer: as in :func:`check_tables`.

    Raises:
        UserError: all cells are refused. Where some are, the sentences are a warning here and failed rows later.
    """
    found = [_refusal(_not_running, each, composer) for each in covering(values)[:LOOKED_AT]]
    refused = {str(error): error for error in found if error is not None}
    if None not in found:
        cells = itertools.islice(itertools.product(*values), LOOKED_AT)
        all_looked_at = math.prod(map(len, values)) <= LOOKED_AT or len(refused) == 1
        if all_looked_at and all(_refusal(_not_running, each, composer) for each in cells):
            raise next(iter(refused.values()))
    from mirimpute.bench.notices import plain_warnings

    with plain_warnings(PROGRAM):
        warn(f"some cells will fail: {sentence}" for sentence in refused)


def _not_running(config: CellConfig) -> None:
    """Refuse what no machine runs; a program that is not installed here may be so where the cell is run.

    The check of a class from outside the package is code of somebody else's, which costs a cell, not the sweep.
    """
    config.check_running()
    if type(config.method).__module__.partition(".")[0] == "mirimpute":
        with contextlib.suppress(NotInstalledError):
            config.method.check()


def check_tables(values: Sequence[Sequence[str]], composer: Composer) -> None:
    """Download what the cells need before any worker starts, so that no two download the same, and check each table.

    Each table is read, and cells are hidden in it by each mechanism, rate and protocol of the sweep, with the first
    seed. What is found out about a table is printed here, once for all cells.

    Args:
        values: of each key, as ``key=value``; the cells are all combinations.
        composer: composes a cell.

    Raises:
        UserError: a table that is here cannot be used, or all cells are refused. Where some can be hidden, the others
            are a warning here and failed rows later, so that a sweep can be a full grid.
    """
    from mirimpute.bench.hide import check_hiding
    from mirimpute.bench.notices import plain_warnings
    from mirimpute.datasets.files import File
    from mirimpute.datasets.location import data_directory

    found = [_refusal(lambda config: config.check_hiding(), each, composer) for each in _combinations((), values)]
    if None not in found:
        raise next(error for error in found if error is not None)  # no table is needed to know this
    folder = data_directory()
    refused: dict[str, UserError] = {}
    served = False
    with plain_warnings(PROGRAM):
        for overrides in itertools.product(*(each for each in values if decides(each[0], "dataset"))):
            dataset = part_config(composer.compose(overrides), "dataset")
            try:
                dataset.fetch(folder)
            except StoreError:
                raise
            except UserError:
                served = True  # as far as is known: its cells say why they cannot run, one by one
                continue
            if isinstance(dataset, File) or dataset.is_present(folder):
                check = partial(check_hiding, table=dataset.load(folder))
                for each in _combinations(overrides, values):
                    error = _refusal(check, each, composer)
                    served |= error is None
                    if error is not None:
                        refused[cell_config(composer.compose(each)).case] = error
        if refused and not served:
            raise next(iter(refused.values()))
        warn(f"cells of {case} will fail: {error}" for case, error in refused.items())


def decides(override: str, part: str) -> bool:
    """Return whether the override says which part is taken or what it is like: itself or by an experiment."""
    key = override.split("=")[0].lstrip("+~")
    return key in (part, "experiment") or key.startswith(f"{part}.")


def _refusal(check: Callable[[CellConfig], None], overrides: Sequence[str], composer: Composer) -> UserError | None:
    """Return why ``check`` refuses the cell, None where it does not."""
    try:
        check(cell_config(composer.compose(overrides)))
    except UserError as error:
        return error
    return None


def _combinations(dataset: Sequence[str], values: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield cells in which all values of the keys occur that decide what is hidden, and one value of the others.

    Args:
        dataset: the values of the keys that decide about the dataset (none: the first ones).
        values: as in :func:`check_tables`.
    """
    kept = []
    for each in values:
        chosen = [override for override in dataset if override in each]
        hides = any(decides(each[0], part) for part in ("mechanism", "protocol", "missing_rate"))
        kept.append(chosen or (each if hides else each[:1]))
    return itertools.product(*kept)
