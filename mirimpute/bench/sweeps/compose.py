"""Compose the configurations of a sweep: once per choice of groups, not once per cell."""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from mirimpute.bench.config import HOW_IT_RUNS
from mirimpute.bench.sweeps.overrides import with_named_columns
from mirimpute.bench.sweeps.schema import GROUPS
from mirimpute.bench.sweeps.translate import translated
from mirimpute.bench.sweeps.values import is_value, set_value
from mirimpute.errors import UserError

MOST_CELLS = 10_000_000
"""Cells of one sweep; their list is kept in memory."""

_KEPT = 256
_PARTS = (*GROUPS, "experiment")


class Composer:
    """Composes the cells of a sweep; picklable, so that workers and jobs of a cluster compose their own.

    Composing takes Hydra some 60 ms, of which the files of the groups (dataset=, method=, ...) take nearly all; values
    such as seed=3 are set on a copy of what was composed for the same groups.

    Args:
        config_loader: Hydra's.
        master: the configuration of the sweep, with Hydra's own part.
    """

    def __init__(self, config_loader: Any, master: Any) -> None:
        self._config_loader = config_loader
        self._master = master
        self._composed: dict[tuple[str, ...], Any] = {}
        self._parsed: dict[str, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_composed": {}, "_parsed": {}}

    def compose(self, overrides: Sequence[str]) -> Any:
        """Return the configuration of the cell, without Hydra's part.

        Raises:
            UserError: the overrides do not fit together.
        """
        with translated():
            return self._compose(overrides)

    def _compose(self, overrides: Sequence[str]) -> Any:
        parsed = [self._parse(override) for override in overrides]
        values = [each for each in parsed if is_value(each)]
        groups = tuple(text for text, each in zip(overrides, parsed, strict=True) if not is_value(each))
        if groups not in self._composed:
            if len(self._composed) >= _KEPT:
                self._composed.clear()
            self._composed[groups] = self._load(groups)
        config = copy.deepcopy(self._composed[groups])
        for each in values:
            set_value(config, each.key_or_group, each.value())
        return config

    def _load(self, overrides: tuple[str, ...]) -> Any:
        from hydra.core.plugins import Plugins
        from omegaconf import open_dict

        Plugins.instance()  # where the loader was unpickled, in a job of a cluster, no source is known yet
        typed = [self._parse(each) for each in overrides]
        config = loaded(lambda given: self._config_loader.load_sweep_config(self._master, given), overrides, typed)
        with open_dict(config):
            del config["hydra"]
        return with_named_columns(config)

    def _parse(self, override: str) -> Any:
        if override not in self._parsed:
            self._parsed[override] = parsed(override, self._config_loader)
        return self._parsed[override]


def loaded(load: Callable[[list[str]], Any], overrides: Sequence[str], typed: Sequence[Any]) -> Any:
    """Return what ``load`` composes.

    Args:
        load: Hydra's own, of options as they are typed.
        overrides: the options.
        typed: Hydra's reading of some of them.

    Raises:
        UserError: a ``+`` stands before a key that is there already.
    """
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    try:
        return load([*overrides])
    except HydraException:
        added = {each.input_line: each.key_or_group for each in typed if each.is_add() and not each.is_force_add()}
        rest = [text for text in overrides if text not in added]
        if len(rest) == len(overrides):
            raise
        config = load(rest)
        for text, key in added.items():
            if "/" not in key and OmegaConf.select(config, key) is not None:
                raise UserError(f"{text} adds a key that is there already: give {text.lstrip('+')}") from None
        raise


def parsed(argument: str, config_loader: Any = None) -> Any:
    """Return Hydra's reading of ``key=value``.

    Raises:
        UserError: it is beyond what can be read, such as an integer of thousands of digits, or brackets without end.
        HydraException: it is not in Hydra's grammar.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser

    try:
        found = OverridesParser.create(config_loader).parse_override(argument)
        found.config_loader = config_loader  # which glob() asks for the names of a group
        key = found.key_or_group
        if not key:
            raise UserError(f"{argument[:60]!r} has no key: write options as key=value, see mirimpute-bench --help")
        chooses = key in (*_PARTS, "hydra") or ("/" in key and not found.is_delete())
        if chooses and not found.is_sweep_override() and not isinstance(found.value(), str):
            raise UserError(f"{argument[:60]} names no {key}: give {key}=<name>, see mirimpute-bench --help")
        return found
    except UserError:
        raise
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{argument[:60]!r}... cannot be read ({type(error).__name__}): give a shorter value"
        ) from error


def choices(arguments: Sequence[str], config_loader: Any) -> list[list[str]]:
    """Return the values of each key, as ``key=value``; the cells are all combinations.

    >>> choices(["seed=0,1", "method=mean"], None)
    [['seed=0', 'seed=1'], ['method=mean']]

    Raises:
        UserError: a key has no finite list of values, or one value twice.
    """
    found: dict[str, list[str]] = {}
    with translated():
        overrides = [parsed(argument, config_loader) for argument in arguments]
    for override in overrides:
        key = override.get_key_element()
        if not override.is_sweep_override():
            found[key] = [f"{key}={override.get_value_element_as_str()}"]
        elif override.is_discrete_sweep():
            try:
                if _length(override.value()) > MOST_CELLS:
                    raise _too_many()
                found[key] = [f"{key}={value}" for value in override.sweep_string_iterator()]
            except UserError:
                raise
            except (ArithmeticError, ValueError) as error:  # a step of 0, a range of numbers that are none
                raise UserError(
                    f"{override.input_line} is no range of numbers that ends: give a list such as seed=0,1,2"
                ) from error
        else:
            raise UserError(f"{override.input_line}: give a list such as seed=0,1,2 or 'seed=range(3)'")
        _check_values(f"{override.input_line}", found[key])
    if math.prod(map(len, found.values())) > MOST_CELLS:
        raise _too_many()
    return list(found.values())


def _length(values: Any) -> float:
    """Return how many values a range has; 0 of what is listed, which is no longer than what was typed."""
    start, stop, step = (getattr(values, name, None) for name in ("start", "stop", "step"))
    return 0 if start is None or stop is None or step is None else (stop - start) / step


def _too_many() -> UserError:
    return UserError(f"more than {MOST_CELLS:,} cells are asked for: sweep over fewer values at a time")


def _check_values(typed: str, values: Sequence[str]) -> None:
    if not values:
        raise UserError(f"{typed} is no value at all, so there is no cell: give a list such as seed=0,1,2")
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise UserError(f"{typed} has {twice[0]} more than once, the same cells again: give each value once")


def check_swept_keys(values: Sequence[Sequence[str]]) -> None:
    """Refuse several values of a key on which no cell depends: the same cells would be run for each.

    Raises:
        UserError: the values.
    """
    for each in values:
        key = each[0].partition("=")[0]
        if key in HOW_IT_RUNS and len(each) > 1:
            typed = ",".join(text.partition("=")[2] for text in each[:5])
            raise UserError(
                f"{key}={typed} is several values of {key}, on which no cell depends, so that each would run again: "
                "give one value, or one command for each"
            )


def check_different(values: Sequence[Sequence[str]], place: int, config: Any, found: dict[str, str]) -> None:
    """Refuse a value that is another one of its key in other letters, such as seed=0,00.

    Args:
        values: of each key, as ``key=value``.
        place: of the cell in what :func:`covering` returns for them.
        config: of this cell.
        found: what was found in the cells before; it is added to.

    Raises:
        UserError: the value, and the other one.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    for each in values:
        key = each[0].partition("=")[0].lstrip("+")
        if not 1 < len(each) > place or key == "experiment":
            continue
        try:
            value = OmegaConf.select(config, key)
        except OmegaConfBaseException:
            continue
        if value is None:  # of a column, whose key is a number on the command line only
            continue
        kind = OmegaConf.get_type(value) if OmegaConf.is_config(value) else type(value)
        other = found.setdefault(f"{key}={kind}{value}", each[place])
        if other != each[place]:
            raise UserError(f"{other} and {each[place]} are the same cells: give each value once")


def covering(choices: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return few cells in which every value occurs, together with every other key.

    >>> covering([["a=1", "a=2", "a=3"], ["b=1", "b=2"]])
    [['a=1', 'b=1'], ['a=2', 'b=2'], ['a=3', 'b=2']]
    """
    length = max((len(values) for values in choices), default=1)
    return [[values[min(k, len(values) - 1)] for values in choices] for k in range(length)]
